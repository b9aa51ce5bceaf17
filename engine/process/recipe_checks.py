"""Warnings about a recipe before the first step, once the model is known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine.catalog import datasets
from engine.errors import UsageError
from engine.process import process_text
from engine.protocol.events import Layer
from engine.recipes import presets
from engine.recipes.recipe import Recipe

# The statistics of smaller batches are poor estimates (Wu & He 2018, "Group normalization").
SMALLEST_NORM_BATCH = 32
HIGH_RATE = 10

# The newest version of PyTorch that the tests have passed with.
TESTED_TORCH = "2.14"


def warnings(recipe: Recipe, layers: Sequence[Layer], ranks: int = 1) -> Iterator[str]:
    """Sentences on what is possible but rarely meant; `layers` is the model's table.

    On each rank batch norm sees that rank's part of a batch alone.
    """
    enough = SMALLEST_NORM_BATCH * ranks
    if recipe.batch < enough and any(map(_is_batch_norm, layers)):
        yield process_text.small_norm_batch(recipe.batch // ranks, enough)
    known = datasets.DATASETS.get(recipe.data)
    mirrors = recipe.flip or recipe.tta
    if mirrors and known is not None and not known.mirrored:
        yield process_text.flip_changes_labels(known.title)
    usual = usual_rate(recipe)
    if recipe.lr >= HIGH_RATE * usual:
        yield process_text.high_rate(recipe.lr, usual, recipe.optimizer)


def usual_rate(recipe: Recipe) -> float:
    """The preset's rate, or the usual one for an optimiser that is not the preset's."""
    fields = presets.preset(recipe.preset, recipe.arch, recipe.data)
    if recipe.optimizer == fields.get("optimizer", "sgd"):
        return float(fields["lr"])
    return presets.DEFAULT_RATES[recipe.optimizer]


def untested_torch(version: str) -> str:
    """A sentence where this version of PyTorch is newer than the one tested, else nothing."""
    newer = _release(version) > _release(TESTED_TORCH)
    return process_text.untested_torch(version, TESTED_TORCH) if newer else ""


def _release(version: str) -> tuple[int, int]:
    """`2.14` of `2.14.1+cu130`: patch versions do not matter."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def check_batch(recipe: Recipe, layers: Sequence[Layer], ranks: int = 1) -> None:
    """Raise UsageError where batch norm would see one value per channel, which has no variance."""
    for layer in layers:
        if recipe.batch == ranks and _is_batch_norm(layer) and math.prod(layer.output[1:]) == 1:
            raise UsageError(process_text.batch_of_one(recipe.arch, layer.name, 2 * ranks))


def _is_batch_norm(layer: Layer) -> bool:
    return "BatchNorm" in layer.kind
