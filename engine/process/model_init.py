"""Builds a run's model, and loads the weights that it starts from where they are not random."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.checkpoints.starting_weights import StartingWeights
from engine.data.base.dataset import Dataset
from engine.data.loaders.normalisation import Normalise
from engine.models import registry, transfer_learning, user_model
from engine.models.definition import FromImages
from engine.models.layer_options import LayerOptions
from engine.process import first_weights, process_text
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe
from engine.run.run_paths import RunDir

# Enough for the statistics of small patches, in a fraction of a second.
SAMPLE_IMAGES = 2_000
SAMPLE_VALUES = 20_000_000


def build(recipe: Recipe, run: Path, dataset: Dataset) -> nn.Module:
    """The model of a recipe for these images. Raises UsageError where it cannot be built.

    Copies the file of a user's architecture into the run's folder. Until the run has a checkpoint,
    each attempt copies it anew: the user may have repaired it.
    """
    channels, _, size = dataset.train.shape
    options = LayerOptions(recipe.act, recipe.bn, recipe.dropout)
    weights = (RunDir(run).checkpoints / name for name in ("best.pt", "last.pt"))
    saved = any(path.exists() for path in weights)
    arch = user_model.with_copied_file(recipe.arch, run, keep=saved)
    return registry.build(arch, channels, size, len(dataset.classes), options)


def initialise(
    model: nn.Module, recipe: Recipe, dataset: Dataset, weights: StartingWeights | None
) -> Iterator[Event]:
    """Give a model the weights of its recipe before the first step; `weights` are of `init_from`.

    Raises UsageError for weights that do not fit, and RunError where they cannot be loaded.
    """
    shape = dataset.train.shape
    if isinstance(model, FromImages):
        model.initialise_from(sample(dataset))
    if recipe.pretrained:
        yield events.Phase("loading", note=process_text.PRETRAINED_WEIGHTS)
        published = transfer_learning.pretrained_weights(recipe.arch, shape[-1])
        same = transfer_learning.are_imagenet(dataset.classes)
        transfer_learning.load_weights(
            model, published, process_text.PRETRAINED_WEIGHTS, shape, same_classes=same
        )
    if weights is not None:
        yield from first_weights.take_over(model, weights, recipe, dataset)


def sample(dataset: Dataset) -> Tensor:
    """An evenly spread sample of the training images, (N, C, H, W) float32, normalised."""
    train = dataset.train
    count = min(len(train), SAMPLE_IMAGES, max(1, SAMPLE_VALUES // torch.Size(train.shape).numel()))
    indices = torch.linspace(0, len(train) - 1, count).long().tolist()
    pixels = torch.stack([train.one(index)[0] for index in indices])
    cpu = torch.device("cpu")
    return Normalise(dataset.mean, dataset.std, cpu, torch.contiguous_format)(pixels)
