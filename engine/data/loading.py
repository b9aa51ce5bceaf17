"""A recipe's data set, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from pathlib import Path

from engine.data import cifar10, digits, images
from engine.data.dataset import Dataset
from engine.data.folder import scan
from engine.recipe import Recipe

# Each yields the fraction done (0 to 1) and returns the data set.
Loading = Generator[float, None, Dataset]

LOADERS: Mapping[str, Callable[[Recipe], Loading]] = {
    "digits": digits.load,
    "cifar10": cifar10.load,
}


def load(recipe: Recipe) -> Loading:
    """Load the data of a recipe, yielding the fraction done at least every 100 ms or so.

    Raises DataError where it is missing, empty, broken or too large.
    """
    yield 0.0
    if recipe.data in LOADERS:
        return (yield from LOADERS[recipe.data](recipe))
    return (yield from images.load(scan(Path(recipe.data), recipe.seed), recipe.size))
