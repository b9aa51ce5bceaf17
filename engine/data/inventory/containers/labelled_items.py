"""Images of any kind in order, with labels that stand beside them: numbers or words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
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
    """The images of a split, and the label of each: None where it has none.

    `name` is that of the array or table that has them, if any.
    """

    split: SplitName
    images: Iterable[StoredImage]
    labels: Sequence[Label]
    name: str = ""


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

    @cached_property
    def values(self) -> list[int | str]:
        """The labels that training images have, in order. Raises DataError for fewer than two."""
        parts = [part for part in self.parts if part.split == "train"]
        found = {label for part in parts for label in part.labels if label is not None}
        if len(found) < 2:
            raise DataError(self.too_few([*map(str, found)]))
        return in_order(found)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their labels."""
        return tuple(map(self.name_of, self.values))

    def name_of(self, label: int | str) -> str:
        """The name of the class with this label."""
        return self.names.get(label, str(label)) if isinstance(label, int) else label

    def too_few(self, labels: Sequence[str]) -> str:
        """A sentence on the only label of the training images, or on none."""
        return library_text.too_few_classes(self.place, labels)

    def unknown(self, part: SplitItems, labels: Sequence[int | str]) -> str:
        """A sentence on labels that no training image has."""
        return library_text.unknown_labels(self.place, part.split, [*map(str, labels)])

    @property
    def unused_validation(self) -> str:
        """A sentence on a validation split that nothing uses."""
        return library_text.unused_split(self.validation)


def in_order(labels: Collection[Label]) -> list[int | str]:
    """Labels in order, numbers before words."""
    numbers = sorted(each for each in labels if isinstance(each, int))
    return [*numbers, *sorted(each for each in labels if isinstance(each, str))]


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
    return with_validation(found, recipe, items.unused_validation)


def _images(items: ItemSet, split: str, numbers: Mapping[int | str, int]) -> LabelledImages:
    """The images of a split with labels. Raises DataError for labels that training lacks."""
    found: LabelledImages = []
    for part in items.parts:
        if part.split != split:
            continue
        if unknown := {*part.labels} - {None, *numbers}:
            raise DataError(items.unknown(part, in_order(unknown)))
        found += [
            (image, numbers[label])
            for image, label in zip(part.images, part.labels, strict=True)
            if label is not None
        ]
    return found
