"""Finds who reads a data set that is no folder of images: a library, the user's code, a file."""

from __future__ import annotations

from pathlib import Path

from engine.catalog import data_names
from engine.data.inventory.containers import hub_sets, own_check, own_sets, torchvision_sets
from engine.data.inventory.containers.labelled_items import ItemSet
from engine.data.inventory.containers.set_readers import set_at
from engine.recipes.recipe import Recipe


def read_items(recipe: Recipe, code: Path | None) -> ItemSet | None:
    """The data set of a recipe, or None where it is of another kind.

    `code` is the folder where a run keeps the user's code. Raises DataError where the data set
    cannot be trained on, and UsageError where the user's code fails.
    """
    if library := data_names.torchvision_set(recipe.data):
        return torchvision_sets.read(library, recipe)
    if library := data_names.hub_set(recipe.data):
        return hub_sets.read(library, recipe)
    if user := data_names.user_set(recipe.data):
        return own_sets.read(user, code)
    place = set_at(Path(recipe.data))
    return place.read(recipe) if place else None


def check_items(recipe: Recipe) -> bool:
    """Check the data set without loading torch, as far as that goes; False for another kind.

    Raises UsageError and DataError.
    """
    if library := data_names.torchvision_set(recipe.data):
        torchvision_sets.check(library, recipe)
    elif library := data_names.hub_set(recipe.data):
        hub_sets.check(library, recipe)
    elif user := data_names.user_set(recipe.data):
        own_check.check(user)
    elif place := set_at(Path(recipe.data)):
        place.check(recipe)
    else:
        return False
    return True


def is_here(recipe: Recipe) -> bool:
    """Whether the data set of a library is known to be on this disk."""
    library = data_names.torchvision_set(recipe.data)
    return library is not None and torchvision_sets.is_here(library, recipe)


def fetch(recipe: Recipe) -> None:
    """Download the data set of a library that is not on this disk. Raises DataError."""
    if library := data_names.torchvision_set(recipe.data):
        torchvision_sets.fetch(library, recipe)
    elif library := data_names.hub_set(recipe.data):
        hub_sets.fetch(library, recipe)
