"""Loads the data set of a recipe, published or the user's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from pathlib import Path

from engine.data import data_text
from engine.data.base.dataset import Dataset
from engine.data.reading import stored_dataset
from engine.data.reading.data_reading import DataReading
from engine.data.sets import cifar, digits, idx, svhn
from engine.errors import UsageError
from engine.recipes import image_normalisation
from engine.recipes.recipe import Recipe

# A loading generator yields the fraction done (0 to 1) and returns the data set.
Loading = Generator[float, None, Dataset]

PUBLISHED: Mapping[str, Callable[[Recipe], Loading]] = {
    "digits": digits.load,
    "mnist": idx.load,
    "fashion-mnist": idx.load,
    "svhn": svhn.load,
    "cifar10": cifar.load,
    "cifar100": cifar.load,
}


def load_at_once(loading: Loading) -> Dataset:
    """The data set, for callers that do not report progress."""
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            dataset: Dataset = finished.value
            return dataset


def load(
    recipe: Recipe,
    room: float = math.inf,
    reading: DataReading | None = None,
    code: Path | None = None,
) -> Loading:
    """Load the data of a recipe, yielding the fraction done at least every 100 ms or so.

    Images of the user that need more than `room` bytes are streamed; their `reading` may have begun
    earlier. `code` is the folder where a run keeps the code of a user's data set. Raises DataError
    where the data is missing, empty, broken or too large, and UsageError where it cannot be
    streamed or the user's code fails.
    """
    yield 0.0
    if recipe.data in PUBLISHED:
        if recipe.loader == "streaming":
            raise UsageError(data_text.cannot_stream(recipe.data))
        dataset = yield from PUBLISHED[recipe.data](recipe)
    else:
        read = yield from (reading or DataReading(recipe, code=code)).wait()
        dataset = yield from stored_dataset.load(read, recipe, room)
    return normalised(dataset, recipe.normalise)


def normalised(dataset: Dataset, normalise: str) -> Dataset:
    """The data set with the normalisation of this value of a recipe, if that is not its own."""
    named = image_normalisation.named(normalise)
    if named is None:
        return dataset
    mean, std = named.for_channels(dataset.train.shape[0])
    return replace(dataset, mean=mean, std=std)
