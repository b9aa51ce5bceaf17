"""Checks a recipe before the first step, once the model is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine.catalog import architecture_names, datasets
from engine.errors import UsageError
from engine.inspection import layer_events
from engine.process import process_text
from engine.protocol.events import Layer
from engine.recipes import image_growth, part_checks, presets, recipe_building
from engine.recipes.recipe import Recipe

# The statistics of smaller batches are poor estimates (Wu & He 2018, "Group normalization").
SMALLEST_NORM_BATCH = 32
HIGH_RATE = 10
# An epoch of so few steps, in a run of fewer than so many, hardly changes the weights.
FEW_STEPS_PER_EPOCH, ENOUGH_STEPS_PER_RUN = 3, 300

# The newest version of PyTorch that the tests have passed with.
TESTED_TORCH = "2.14"


def batch_norms(model: nn.Module, layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The batch norms in the table of a model's layers, whatever their classes are called."""
    return tuple(one for one in layers if isinstance(model.get_submodule(one.name), _BatchNorm))


def warnings(
    recipe: Recipe, norms: Sequence[Layer], ranks: int = 1, parts: int = 1, images: int = 0
) -> Iterator[str]:
    """Sentences on settings that are possible but rarely intended; `norms` are the `batch_norms`.

    On each rank, batch norm sees only one of the `parts` of that rank's share of a batch. Of few
    training `images`, a batch that leaves enough steps is enough for it; 0 images are unknown.
    """
    enough = _enough_for_norm(recipe, images) * ranks * parts
    if recipe.batch < enough and norms:
        yield process_text.small_norm_batch(recipe.batch // (ranks * parts), enough)
    known = datasets.DATASETS.get(recipe.data)
    mirrors = recipe.flip or recipe.tta
    if mirrors and known is not None and not known.mirrored:
        yield process_text.flip_changes_labels(known.title)
    usual = usual_rate(recipe)
    if recipe.lr >= HIGH_RATE * usual:
        yield process_text.high_rate(recipe.lr, usual, recipe.optimizer)


def resumed_in_parts(
    recipe: Recipe, norms: Sequence[Layer], ranks: int, parts: int, images: int
) -> str:
    """A sentence where batch norm sees too little only because of the `parts`, else empty.

    They are what a resume may change; of all else that `warnings` says, the run's start has warned.
    """
    each = min(recipe.batch, images) // (ranks * parts)
    if parts == 1 or not norms or each >= _enough_for_norm(recipe, images):
        return ""
    return process_text.small_norm_part(each)


def _enough_for_norm(recipe: Recipe, images: int) -> int:
    return min(SMALLEST_NORM_BATCH, presets.batch_for(int(_preset(recipe)["batch"]), images))


def usual_rate(recipe: Recipe) -> float:
    """The preset's learning rate, or the usual one of an optimiser other than the preset's."""
    fields = _preset(recipe)
    if recipe.optimizer == fields.get("optimizer", "sgd"):
        return float(fields["lr"])
    return presets.DEFAULT_RATES[recipe.optimizer]


def _preset(recipe: Recipe) -> dict[str, Any]:
    given_weights = recipe.pretrained or bool(recipe.init_from)
    return presets.preset(recipe.preset, recipe.arch, recipe.data, fine_tunes=given_weights)


def few_steps(recipe: Recipe, images: int, steps_per_epoch: int, ranks: int = 1) -> str:
    """A sentence where a run on so many training images has very few steps, else empty.

    It names a smaller batch only where a start would choose it.
    """
    steps = steps_per_epoch * recipe.epochs
    if steps_per_epoch > FEW_STEPS_PER_EPOCH or steps >= ENOUGH_STEPS_PER_RUN:
        return ""
    usual = msgspec.structs.replace(recipe, batch=int(_preset(recipe)["batch"]))
    smaller = recipe_building.fitted_batch(usual, images) if ranks == 1 else recipe.batch
    return process_text.few_steps(steps_per_epoch, steps, smaller if smaller < recipe.batch else 0)


def batch_of_all(recipe: Recipe, images: int) -> str:
    """A sentence where there are fewer training images than in a batch, else empty."""
    return process_text.batch_of_all(recipe.batch, images) if recipe.batch > images else ""


def fitted_batch(recipe: Recipe, images: int, steps_per_epoch: int) -> str:
    """A sentence where the batch is that for so few training images, else empty."""
    usual = int(_preset(recipe)["batch"])
    plain = msgspec.structs.replace(recipe, batch=usual)
    if recipe.batch == usual or recipe.batch != recipe_building.fitted_batch(plain, images):
        return ""
    return process_text.fitted_batch(recipe.batch, usual, images, steps_per_epoch)


def untested_torch(version: str) -> str:
    """A sentence where this version of PyTorch is newer than the tested one, else empty."""
    newer = _release(version) > _release(TESTED_TORCH)
    return process_text.untested_torch(version, TESTED_TORCH) if newer else ""


def _release(version: str) -> tuple[int, int]:
    """Major and minor version: (2, 14) of `2.14.1+cu130`."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def learned_in_parts(norms: Sequence[Layer], batch: int, parts: int) -> str:
    """A sentence on what the parts of a batch are and what batch norm sees; empty without parts."""
    if parts == 1:
        return ""
    return process_text.learned_in_parts(batch, parts, batch_norm=bool(norms))


def check_growth(recipe: Recipe, model: nn.Module, shape: Sequence[int]) -> None:
    """Raise UsageError where the model takes images of `shape` (C, H, W), but no smaller ones."""
    channels, size, _ = shape
    start = image_growth.side(recipe, size, epoch=1, epochs=recipe.epochs)
    if start == size:
        return
    try:
        layer_events.layers(model, channels, start)
    except Exception as error:
        arch = architecture_names.short_name(recipe.arch)
        raise UsageError(process_text.takes_one_size(arch, start, size)) from error


def check_batch(
    recipe: Recipe, norms: Sequence[Layer], batch: int, parts: int = 1, ranks: int = 1
) -> None:
    """Check the `parts` in which each rank learns from its `batch` images of a step.

    Raises UsageError where there are more parts than images, and where batch norm would see one
    value per channel, which has no variance.
    """
    part_checks.check_parts(parts, batch)
    for norm in norms:
        if batch // parts == 1 and math.prod(norm.output[1:]) == 1:
            enough = 2 * ranks * parts
            raise UsageError(process_text.batch_of_one(recipe.arch, norm.name, enough))
