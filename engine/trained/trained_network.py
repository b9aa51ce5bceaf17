"""A network with the weights of a checkpoint, ready to judge images.

This module loads torch and torchvision, which takes seconds. Import it on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from engine import text
from engine.catalog import architecture_names
from engine.catalog.data_shape import DataShape
from engine.checkpoints import checkpoint
from engine.checkpoints.run_state import Description, TrainingState
from engine.data.decoding.image_format import ImageFormat
from engine.data.decoding.rendering import Rendering
from engine.data.loaders.normalisation import Normalise
from engine.devices import forward_pass
from engine.devices.forward_pass import Judge
from engine.errors import RunError, UsageError
from engine.models import registry
from engine.models.layer_options import LayerOptions
from engine.recipes.recipe import Recipe
from engine.run.saved_file import SavedFile
from engine.trained import trained_text
from engine.user_code.kept_code import kept_code
from engine.user_code.user_code import UserCode


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A model in evaluation mode on a device, and the description of its run.

    `epoch` and `step` are those after which it was saved, `top1` its validation accuracy then, as
    a fraction; None if it was not measured.
    """

    saved: SavedFile
    model: nn.Module
    device: torch.device
    described: Description
    recipe: Recipe
    epoch: int
    step: int
    top1: float | None

    @property
    def classes(self) -> tuple[str, ...]:
        return self.described.classes

    @property
    def image_format(self) -> ImageFormat:
        """How stored images become the pixels (C, size, size) that the network was trained on."""
        given = self.described.input
        rendering = Rendering(given.levels, given.backdrop, given.bands)
        return ImageFormat(
            given.channels,
            given.size,
            given.frame,
            rendering,
            given.fit,
            given.crop_pct,
            given.canvas,
        )

    @property
    def judge(self) -> Judge:
        """How the run judged its validation images, in float32 on a device of another kind."""
        resolved = self.described.resolved
        same = resolved.get("device") == self.device.type
        precision = str(resolved.get("precision", "float32")) if same else "float32"
        return Judge(self.device, precision, self.recipe.tta)

    @property
    def normalise(self) -> Normalise:
        given = self.described.input
        layout = forward_pass.MEMORY_FORMATS[_memory_format(self.described)]
        return Normalise(given.mean, given.std, self.device, layout)

    def logits(self, pixels: Tensor) -> Tensor:
        """The logits (N, classes) float32, on the CPU, of pixels (N, C, size, size) uint8.

        Waits for the device.
        """
        images = self.normalise(pixels.to(self.device))
        return self.judge.logits(self.model, images).float().cpu()


def load(saved: SavedFile, device: torch.device, arch: str = "") -> TrainedNetwork:
    """The network of a checkpoint, on a device.

    `arch` names the user's file that makes the network, where the run does not keep it. Raises
    RunError for a file that is no checkpoint or does not fit, and UsageError where the network
    cannot be built.
    """
    state = checkpoint.load(saved.path)
    described, training = state.description, state.training
    if described is None:
        raise RunError(trained_text.undescribed(saved.path))
    recipe = msgspec.convert(described.recipe, Recipe)
    if arch:
        recipe = msgspec.structs.replace(recipe, arch=arch)
    model = _built(recipe, described, saved)
    take_weights(model, training.weights, saved.path, recipe.arch)
    forward_pass.placed(model, device, _memory_format(described))
    return TrainedNetwork(
        saved,
        model.eval(),
        device,
        described,
        recipe,
        training.ended_epochs,
        training.step,
        _measured_top1(training),
    )


def take_weights(model: nn.Module, weights: Mapping[str, Any], path: Path, arch: str) -> None:
    """Load the weights of a checkpoint. Raises RunError where they are those of another model."""
    try:
        model.load_state_dict(weights)
    except checkpoint.UNFIT as error:
        why = text.error_summary(error)
        raise RunError(trained_text.weights_do_not_fit(path, arch, why)) from error


def _memory_format(described: Description) -> str:
    return str(described.resolved.get("memory_format", "contiguous"))


def _measured_top1(training: TrainingState) -> float | None:
    """The validation accuracy of the last ended epoch, if there is one, and it was validated."""
    last = training.last
    return last.top1 if 0 < last.epoch == training.ended_epochs else None


def _built(recipe: Recipe, described: Description, saved: SavedFile) -> nn.Module:
    """The model with random weights. Raises UsageError where it cannot be built."""
    given = described.input
    shape = DataShape(given.channels, given.size, len(described.classes))
    options = LayerOptions.of(recipe)
    return registry.build_with_notes(
        recipe.arch, shape, options, _code(recipe, described, saved)
    ).model


def _code(recipe: Recipe, described: Description, saved: SavedFile) -> UserCode | None:
    """What the run keeps of the user's file; None where the user names one, or for other networks.

    Raises UsageError where nothing is kept.
    """
    user = architecture_names.user_function(recipe.arch)
    if user is None or recipe.arch != described.architecture:
        return None
    kept = kept_code(user.file, saved.run.path) if saved.run is not None else None
    if kept is None:
        raise UsageError(trained_text.code_needed(saved.path, recipe.arch))
    return kept.code
