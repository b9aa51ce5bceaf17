"""Training images with labels that are wrong on purpose, so that it is known which ones are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from engine.data.base.dataset import Dataset, Images
from engine.data.loading import load, load_at_once
from engine.recipes.recipe import Recipe

Kind: TypeAlias = Literal["clean", "random", "pairs", "half"]
Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]

CLASSES = 10
DIGIT_PAIRS = ((1, 7), (3, 8), (4, 9), (5, 6), (0, 2))
IMAGE_PAIRS = ((0, 8), (1, 9), (2, 4), (3, 5), (6, 7))
# Of a rare class, one of so many images is left.
RARE = 10


class Flaws(NamedTuple):
    """What is wrong with the training images: which kind of labels, and the share of them.

    So many of the ten classes are `rare`, and only so many `images` are taken, or all.
    """

    kind: Kind
    share: float = 0.1
    rare: int = 0
    images: int | None = None


class Flawed(NamedTuple):
    """A data set whose training images have some wrong labels; `right` (N,) are the right ones."""

    dataset: Dataset
    right: Ints
    rare: Ints

    @property
    def given(self) -> Ints:
        labels: Ints = self.dataset.train.labels.numpy()
        return labels

    @property
    def wrong(self) -> Bools:
        found: Bools = self.given != self.right
        return found

    @property
    def of_rare(self) -> Bools:
        found: Bools = np.isin(self.right, self.rare)
        return found

    def without(self, left_out: Bools) -> Flawed:
        """The data set without these images."""
        kept = ~left_out
        return self._replace(dataset=_with(self.dataset, kept), right=self.right[kept])


def flawed(recipe: Recipe, flaws: Flaws) -> Flawed:
    """The data of a recipe with these flaws, which are drawn by its seed."""
    dataset = load_at_once(load(recipe))
    drawn = np.random.default_rng(2000 + recipe.seed)
    rare = drawn.permutation(CLASSES)[: flaws.rare]
    dataset = _with(dataset, _taken(dataset.train.labels.numpy(), rare, flaws.images, drawn))
    right: Ints = dataset.train.labels.numpy()
    pairs = DIGIT_PAIRS if recipe.data == "digits" else IMAGE_PAIRS
    labels = exchanged(
        right, flaws.kind, flaws.share, pairs, np.random.default_rng(1000 + recipe.seed)
    )
    train = dataclasses.replace(dataset.train, labels=torch.from_numpy(labels))
    return Flawed(dataclasses.replace(dataset, train=train), right, rare)


def exchanged(
    right: Ints,
    kind: Kind,
    share: float,
    pairs: Sequence[tuple[int, int]],
    drawn: np.random.Generator,
) -> Ints:
    """The labels (N,), of which a share is wrong; of `half`, every other one of those by pairs."""
    given = right.copy()
    if kind == "clean":
        return given
    partner: Mapping[int, int] = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    chosen = drawn.permutation(len(right))[: round(share * len(right))]
    for number, index in enumerate(chosen):
        by_pair = kind == "pairs" or (kind == "half" and number % 2 == 1)
        other = partner[int(right[index])] if by_pair else right[index] + drawn.integers(1, CLASSES)
        given[index] = other % CLASSES
    return given


def _taken(labels: Ints, rare: Ints, images: int | None, drawn: np.random.Generator) -> Bools:
    """Which images are taken: a tenth of each rare class, and no more than so many."""
    left_out = np.zeros(len(labels), bool)
    for label in rare:
        own = np.flatnonzero(labels == label)
        left_out[drawn.permutation(own)[len(own) // RARE :]] = True
    left_out[drawn.permutation(np.flatnonzero(~left_out))[images:] if images else []] = True
    return ~left_out


def _with(dataset: Dataset, taken: Bools) -> Dataset:
    """The data set with these training images alone."""
    train, index = dataset.train, torch.from_numpy(np.flatnonzero(taken))
    assert isinstance(train, Images)
    pixels, labels = train.pixels[index], train.labels[index]
    some = dataclasses.replace(train, pixels=pixels, labels=labels, stored=(), parts=None)
    return dataclasses.replace(dataset, train=some)
