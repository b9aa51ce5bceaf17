"""What a data set holds, before any image is decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.data.inventory.decided_text import Decided
from engine.data.inventory.validation_source import ValidationSource
from engine.data.stored.stored_image import LabelledImages, StoredImage


@dataclass(frozen=True)
class Inventory:
    """The images of a data set by split, each split in the order of names.

    `place` is the path or the name of the data set, and `layout` says in words how its classes and
    splits were found. `validates` says which images validate. `test` may be empty. `unlabelled` are
    images without a class, which are kept for predictions. `skipped` has the names of files that
    are left out, by reason. `notes` are sentences for the user on what is lost or should be
    changed, `remarks` on what is only good to know. `decided` counts what a person's decisions on
    labels have changed, and `dropped` are the images that they have taken out of the splits.
    """

    place: str
    classes: tuple[str, ...]
    train: LabelledImages
    validation: LabelledImages
    validates: ValidationSource = "separate"
    test: LabelledImages = field(default_factory=list)
    layout: str = ""
    unlabelled: Sequence[StoredImage] = ()
    skipped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    decided: Decided | None = None
    dropped: Sequence[StoredImage] = ()

    @property
    def images(self) -> LabelledImages:
        """All images with a class: training, validation, test."""
        return self.train + self.validation + self.test
