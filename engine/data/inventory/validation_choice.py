"""Decides which images validate: one rule for all sources of data."""

from __future__ import annotations

from typing import NamedTuple

from engine.data.inventory.held_out import HOLD_OUT, split_held_out
from engine.data.inventory.validation_source import ValidationSource
from engine.data.stored.stored_image import LabelledImages


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
