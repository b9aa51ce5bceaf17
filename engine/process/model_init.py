"""Builds a run's model, and loads the weights that it starts from where they are not random."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.catalog import architecture_names
from engine.catalog.data_shape import DataShape
from engine.checkpoints.starting_weights import StartingWeights
from engine.data.base.dataset import Dataset
from engine.data.loaders.normalisation import Normalise
from engine.devices import plain_tensors
from engine.errors import UsageError
from engine.models import model_text, published_weights, registry, transfer_learning
from engine.models.definition import FromImages
from engine.models.layer_options import LayerOptions
from engine.models.registry import BuiltModel
from engine.process import first_weights, process_text
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe
from engine.run.run_paths import RunDir
from engine.run.saved_file import best_file
from engine.user_code.kept_code import keep_code

# Enough for the statistics of small patches, in a fraction of a second.
SAMPLE_IMAGES = 2_000
SAMPLE_VALUES = 20_000_000


def build(recipe: Recipe, run: Path, dataset: Dataset) -> BuiltModel:
    """The model of a recipe for these images. Raises UsageError where it cannot be built.

    Copies the file of a user's architecture, its package and what it imports into the run's folder.
    Until the run has a checkpoint, each attempt copies them anew: the user may have repaired them.
    """
    channels, _, size = dataset.train.shape
    options = LayerOptions.of(recipe)
    saved = best_file(RunDir(run)) is not None
    user = architecture_names.user_function(recipe.arch)
    kept = keep_code(user.file, run, keep=saved) if user else None
    shape = DataShape(channels, size, len(dataset.classes))
    if kept is None:
        return registry.build_with_notes(recipe.arch, shape, options)
    model, notes = registry.build_with_notes(recipe.arch, shape, options, kept.code)
    return BuiltModel(model, (*kept.notes, *notes))


def notes(
    model: nn.Module, notes: Iterable[str], arch: str, device: torch.device
) -> Iterator[Event]:
    """What the log says about a model that the user or a library made."""
    plain = plain_tensors.names(model) if device.type != "cpu" else ()
    if plain:
        name = architecture_names.short_name(arch)
        notes = (*notes, model_text.plain_tensors(name, plain, str(device)))
    for sentence in notes:
        yield events.Alert("info", "model", sentence)


def initialise(
    model: nn.Module, recipe: Recipe, dataset: Dataset, weights: StartingWeights | None
) -> Iterator[Event]:
    """Give a model the weights of its recipe before the first step; `weights` are of `init_from`.

    Raises UsageError for weights that do not fit or are not finite, and RunError where they cannot
    be loaded.
    """
    shape = dataset.train.shape
    if isinstance(model, FromImages):
        model.initialise_from(sample(dataset))
    if recipe.pretrained:
        yield events.Phase("loading", note=process_text.PRETRAINED_WEIGHTS)
        published = published_weights.pretrained_weights(recipe.arch, shape[-1])
        same = published_weights.are_imagenet(dataset.classes)
        transfer_learning.load_weights(
            model, published, process_text.PRETRAINED_WEIGHTS, shape, same_classes=same
        )
    if weights is not None:
        yield from first_weights.take_over(model, weights, recipe, dataset)
    _check_finite(model, recipe.arch)


def _check_finite(model: nn.Module, arch: str) -> None:
    """Raise UsageError where the user's or a library's code leaves NaN or infinity in a model."""
    learned = ((name, each) for name, each in model.named_parameters() if each.requires_grad)
    broken = [name for name, each in learned if not transfer_learning.is_finite(each)]
    if broken:
        name = architecture_names.short_name(arch)
        raise UsageError(model_text.begins_not_finite(name, broken))


def sample(dataset: Dataset) -> Tensor:
    """An evenly spread sample of the training images, (N, C, H, W) float32, normalised."""
    train = dataset.train
    count = min(len(train), SAMPLE_IMAGES, max(1, SAMPLE_VALUES // torch.Size(train.shape).numel()))
    indices = torch.linspace(0, len(train) - 1, count).long().tolist()
    pixels = torch.stack([train.one(index)[0] for index in indices])
    cpu = torch.device("cpu")
    return Normalise(dataset.mean, dataset.std, cpu, torch.contiguous_format)(pixels)
