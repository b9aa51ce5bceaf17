"""Finds who reads a data set that is no folder of images: a library, the user's code, a file.

Each reader is imported where it is needed: all of them take longer than a check of a folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.catalog import data_names
from engine.data.inventory.containers import own_check
from engine.data.inventory.containers.folder_glance import holds_images
from engine.recipes.recipe import Recipe

if TYPE_CHECKING:
    from engine.data.inventory.containers.labelled_items import ItemSet
    from engine.data.inventory.containers.set_readers import SetPlace


def read_items(recipe: Recipe, code: Path | None) -> ItemSet | None:
    """The data set of a recipe, or None where it is of another kind.

    `code` is the folder where a run keeps the user's code. Raises DataError where the data set
    cannot be trained on, and UsageError where the user's code fails.
    """
    if library := data_names.torchvision_set(recipe.data):
        from engine.data.inventory.containers import torchvision_sets

        return torchvision_sets.read(library, recipe)
    if library := data_names.hub_set(recipe.data):
        from engine.data.inventory.containers import hub_sets

        return hub_sets.read(library, recipe)
    if user := data_names.user_set(recipe.data):
        from engine.data.inventory.containers import own_sets

        return own_sets.read(user, code)
    place = _place_of(Path(recipe.data))
    return place.read(recipe) if place else None


def check_items(recipe: Recipe) -> bool:
    """Check the data set without loading torch, as far as that goes; False for another kind.

    Raises UsageError and DataError.
    """
    if library := data_names.torchvision_set(recipe.data):
        from engine.data.inventory.containers import torchvision_sets

        torchvision_sets.check(library, recipe)
    elif library := data_names.hub_set(recipe.data):
        from engine.data.inventory.containers import hub_sets

        hub_sets.check(library, recipe)
    elif user := data_names.user_set(recipe.data):
        own_check.check(user)
    elif place := _place_of(Path(recipe.data)):
        place.check(recipe)
    else:
        return False
    return True


def is_here(recipe: Recipe) -> bool:
    """Whether the data set of a library is known to be on this disk."""
    library = data_names.torchvision_set(recipe.data)
    if library is None:
        return False
    from engine.data.inventory.containers import torchvision_sets

    return torchvision_sets.is_here(library, recipe)


def fetch(recipe: Recipe) -> None:
    """Download the data set of a library that is not on this disk. Raises DataError."""
    if library := data_names.torchvision_set(recipe.data):
        from engine.data.inventory.containers import torchvision_sets

        torchvision_sets.fetch(library, recipe)
    elif library := data_names.hub_set(recipe.data):
        from engine.data.inventory.containers import hub_sets

        hub_sets.fetch(library, recipe)


def _place_of(path: Path) -> SetPlace | None:
    """The data set in a file or a folder, unless that is one of images."""
    if path.is_dir() and holds_images(path):
        return None
    from engine.data.inventory.containers.set_readers import set_at

    return set_at(path)
