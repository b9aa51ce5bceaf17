"""Images of any kind in order, with labels that stand beside them: numbers or words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.data.inventory.class_naming import shown_names
from engine.data.inventory.containers import library_text
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.inventory.validation_choice import with_validation
from engine.data.stored.stored_image import LabelledImages, StoredImage
from engine.errors import DataError
from engine.recipes.recipe import Recipe

Label: TypeAlias = int | str | None


@dataclass(frozen=True)
class SplitItems:
    """The images of a split, and the label of each: None where it has none."""

    split: SplitName
    images: Sequence[StoredImage]
    labels: Sequence[Label]


@dataclass(frozen=True)
class ItemSet:
    """A data set of items. `names` has the names of classes whose labels are numbers.

    `validation` is what the data set itself calls its validation split.
    """

    place: str
    layout: str
    parts: Sequence[SplitItems]
    names: Mapping[int, str] = field(default_factory=dict)
    skipped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    validation: str = "validation"

    @property
    def values(self) -> list[int | str]:
        """The labels that training images have, in order. Raises DataError for fewer than two."""
        parts = [part for part in self.parts if part.split == "train"]
        found = {label for part in parts for label in part.labels if label is not None}
        numbers = sorted(each for each in found if isinstance(each, int))
        words = sorted(each for each in found if isinstance(each, str))
        if len(found) < 2:
            raise DataError(library_text.too_few_classes(self.place, [*map(str, found)]))
        return [*numbers, *words]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their labels."""
        return tuple(self._name(value) for value in self.values)

    def _name(self, label: int | str) -> str:
        return self.names.get(label, str(label)) if isinstance(label, int) else label


def inventory_of_items(items: ItemSet, recipe: Recipe) -> Inventory:
    """The inventory of a data set. Raises DataError where it cannot be trained on."""
    numbers = {value: index for index, value in enumerate(items.values)}
    classes, naming = shown_names(items.classes, recipe)
    found = Inventory(
        items.place,
        classes,
        train=_images(items, "train", numbers),
        validation=_images(items, "validation", numbers),
        test=_images(items, "test", numbers),
        layout=items.layout,
        unlabelled=[
            image
            for part in items.parts
            for image, label in zip(part.images, part.labels, strict=True)
            if label is None or part.split == "predict"
        ],
        skipped=items.skipped,
        notes=(*items.notes, *naming),
        remarks=items.remarks,
    )
    return with_validation(found, recipe, library_text.unused_split(items.validation))


def _images(items: ItemSet, split: str, numbers: Mapping[int | str, int]) -> LabelledImages:
    """The images of a split with labels. Raises DataError for labels that training lacks."""
    found: LabelledImages = []
    for part in items.parts:
        if part.split != split:
            continue
        if unknown := {*part.labels} - {None, *numbers}:
            raise DataError(library_text.unknown_labels(items.place, split, [*map(str, unknown)]))
        found += [
            (image, numbers[label])
            for image, label in zip(part.images, part.labels, strict=True)
            if label is not None
        ]
    return found
