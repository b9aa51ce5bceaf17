"""Running the generators of loading and evaluation to their end."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from torch import Tensor

from engine.data.base.dataset import Images, Split
from engine.data.inventory.data_inventory import check as check_recipe
from engine.data.inventory.data_inventory import class_names, inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.stored.image_file import ImageFile
from engine.data.stored.stored_image import StoredImage
from engine.errors import DataError
from engine.recipes.recipe import Recipe

T = TypeVar("T")
Y = TypeVar("Y")


def run_to_end(work: Generator[Y, None, T]) -> tuple[list[Y], T]:
    """All values that a generator yields, such as the fractions loaded, and its result."""
    yielded = []
    while True:
        try:
            yielded.append(next(work))
        except StopIteration as end:
            result: T = end.value
            return yielded, result


def pixels(images: Split) -> Tensor:
    """The pixels (N, C, H, W) of images that are in memory."""
    assert isinstance(images, Images)
    return images.pixels


def stored(file: Path) -> ImageFile:
    """An image file, in the folder where it lies."""
    return ImageFile(str(file.parent), file.name)


def path_of(image: StoredImage) -> Path:
    """The path of an image that is a file of its own."""
    assert isinstance(image, ImageFile)
    return image.path


def scan(folder: Path, seed: int = 0, holdout: float = 0.0) -> Inventory:
    """What a folder of images holds."""
    return inventory_of(Recipe(data=str(folder), seed=seed, holdout=holdout))


def inventory(path: Path, **settings: Any) -> Inventory:
    """The inventory of a path, which the quick check accepts, too."""
    recipe = Recipe(data=str(path), **settings)
    check_recipe(recipe)
    found = inventory_of(recipe)
    assert class_names(recipe) == found.classes
    return found


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as refused:
        inventory_of(Recipe(data=str(path)))
    return str(refused.value)


def check(folder: Path) -> None:
    """Check a folder of images at a glance."""
    check_recipe(Recipe(data=str(folder)))
