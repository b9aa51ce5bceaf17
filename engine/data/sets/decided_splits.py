"""Applies a person's decisions on labels to a data set that is published as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from engine.data.base.dataset import Images
from engine.data.inventory.decided_labels import DecidedSplit, NamedLabels, decided
from engine.data.inventory.decided_text import Decided
from engine.data.sets.holdout import chosen
from engine.recipes.recipe import Recipe


class Splits(NamedTuple):
    """The images of a published data set by their use; all have names."""

    train: Images
    validation: Images
    test: Images | None = None


def decided_splits(
    splits: Splits, recipe: Recipe, classes: Sequence[str]
) -> tuple[Splits, Decided | None]:
    """The splits after the decisions that the recipe names, if it names any, and their counts.

    Raises as `decided`.
    """
    if not recipe.decisions:
        return splits, None
    done = decided(Path(recipe.decisions), [_named(split) for split in splits], classes)
    train, validation = _left(splits.train, done.train), _left(splits.validation, done.validation)
    test = None if splits.test is None else _left(splits.test, done.test)
    return Splits(train, validation, test if test else None), done.counts


def _named(images: Images | None) -> NamedLabels:
    if images is None:
        return NamedLabels((), ())
    assert images.parts is not None
    return NamedLabels(images.parts.all(), images.labels.tolist())


def _left(images: Images, split: DecidedSplit) -> Images:
    left = chosen(images, torch.tensor(split.places, dtype=torch.int64))
    return replace(left, labels=torch.tensor(split.labels, dtype=torch.int64))
