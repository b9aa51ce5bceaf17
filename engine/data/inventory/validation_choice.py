"""Decides which images validate: one rule for all that have an inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from engine.data.inventory import inventory_text
from engine.data.inventory.held_out import HOLD_OUT, split_held_out
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.validation_source import ValidationSource
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe


def with_validation(found: Inventory, recipe: Recipe, if_unused: str) -> Inventory:
    """The inventory of splits as they were found, with the images that validate in this recipe.

    `if_unused` is the note for a validation split that nothing uses. Raises DataError where too few
    images are left for training.
    """
    splits = choose_validation(
        found.train, found.validation, found.test, recipe.seed, recipe.holdout
    )
    if len(splits.train) < 2 * len(found.classes):
        raise DataError(inventory_text.too_few_images(found.place, len(splits.train)))
    return replace(
        found,
        train=splits.train,
        validation=splits.validation,
        validates=splits.validates,
        test=splits.test,
        notes=(*found.notes, if_unused) if splits.unused else found.notes,
    )


class SplitImages(NamedTuple):
    """The images of each split; `unused` is a validation split that nothing uses."""

    train: LabelledImages
    validation: LabelledImages
    validates: ValidationSource
    test: LabelledImages
    unused: LabelledImages


def choose_validation(
    train: LabelledImages,
    validation: LabelledImages,
    test: LabelledImages,
    seed: int,
    holdout: float = 0.0,
) -> SplitImages:
    """The validation split validates, else the test split, else a share held out of training.

    With `holdout`, that share is held out in any case, and the test split, or else the validation
    split, is evaluated at the end. `seed` determines what is held out.
    """
    if holdout or not (validation or test):
        kept, held = split_held_out(train, holdout or HOLD_OUT, seed)
        final = test or validation
        return SplitImages(kept, held, "held out", final, validation if test else [])
    if validation:
        return SplitImages(train, validation, "separate", test, [])
    return SplitImages(train, test, "test", [], [])
