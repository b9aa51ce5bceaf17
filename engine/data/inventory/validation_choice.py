"""Decides which images validate: one rule for all that have an inventory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.data.inventory import inventory_text
from engine.data.inventory.held_out import HOLD_OUT, split_held_out
from engine.data.inventory.inventory import Inventory
from engine.errors import DataError
from engine.recipes.recipe import Recipe


def with_validation(found: Inventory, recipe: Recipe, if_unused: str) -> Inventory:
    """The inventory of splits as they were found, with the images that validate in this recipe.

    The validation split validates, else the test split, else a share held out of training. With
    `holdout`, that share is held out in any case, and the test split, or else the validation split,
    is evaluated at the end. `if_unused` is the note for a validation split that nothing uses.
    """
    if share := share_held_out(recipe, found.validation or found.test):
        return _held_out(found, share, recipe.seed, if_unused)
    if found.validation:
        return found
    return replace(found, validation=found.test, validates="test", test=[])


def share_held_out(recipe: Recipe, separate: Sequence[object]) -> float:
    """The share of the training images that validates; 0 where `separate` images do."""
    return recipe.holdout or (0.0 if separate else HOLD_OUT)


def check_training(found: Inventory) -> None:
    """Raise DataError where too few images are left for training."""
    if len(found.train) < 2 * len(found.classes):
        raise DataError(inventory_text.too_few_images(found.place, len(found.train)))


def _held_out(found: Inventory, share: float, seed: int, if_unused: str) -> Inventory:
    kept, held = split_held_out(found.train, share, seed)
    unused = (if_unused,) if found.validation and found.test else ()
    return replace(
        found,
        train=kept,
        validation=held,
        validates="held out",
        test=found.test or found.validation,
        notes=(*found.notes, *unused),
    )
