"""The inventory of the data of a recipe: everything that is no published data set."""

from __future__ import annotations

from pathlib import Path

from engine.data.inventory.containers.labelled_rows import inventory_of_rows
from engine.data.inventory.containers.row_readers import reader_of
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.layouts import image_folder
from engine.recipes.recipe import Recipe


def inventory_of(recipe: Recipe) -> Inventory:
    """Find the images of a recipe; its seed determines which are held out, if any.

    Raises DataError where they are missing, unreadable or cannot be trained on.
    """
    path = Path(recipe.data)
    if reader := reader_of(path):
        return inventory_of_rows(reader.read(path), recipe)
    return image_folder.scan(Path(recipe.data), recipe.seed, recipe.holdout)


def check(recipe: Recipe) -> None:
    """Check the data of a recipe, quickly for any number of images. Raises as `inventory_of`."""
    path = Path(recipe.data)
    if reader := reader_of(path):
        reader.check(path)
        return
    image_folder.check(Path(recipe.data), recipe.holdout)


def class_names(recipe: Recipe) -> tuple[str, ...]:
    """The names of the classes, in the order of their numbers. Raises DataError."""
    path = Path(recipe.data)
    if reader := reader_of(path):
        return reader.read(path).classes
    return image_folder.class_names(Path(recipe.data))
