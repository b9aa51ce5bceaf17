"""Images in rows of arrays, with the labels that stand beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.inventory.class_naming import shown_names
from engine.data.inventory.containers import container_text
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.inventory.validation_choice import with_validation
from engine.data.stored.array_row import ArrayRow, PixelRows
from engine.data.stored.stored_image import LabelledImages, StoredImage
from engine.errors import DataError
from engine.recipes.recipe import Recipe


@dataclass(frozen=True)
class LabelledRows:
    """Images of a split: rows of an array, and the label of each, or None where there are none."""

    split: SplitName
    images: PixelRows
    indices: Sequence[int]
    labels: npt.NDArray[Any] | None


@dataclass(frozen=True)
class RowSet:
    """A data set of rows. `names` has the names of classes whose labels are numbers."""

    place: Path
    layout: str
    parts: Sequence[LabelledRows]
    names: Mapping[int, str] = field(default_factory=dict)
    skipped: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def values(self) -> list[Any]:
        """The labels that training images have, in order. Raises DataError for fewer than two."""
        labels = [part.labels for part in self.parts if part.split == "train"]
        known = [each for each in labels if each is not None]
        values = np.unique(np.concatenate(known)).tolist() if known else []
        if len(values) < 2:
            raise DataError(container_text.too_few_labels(self.place, list(map(str, values))))
        return values

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their labels."""
        named = [self.names.get(value, str(value)) for value in self.values]
        twice = {name for name, count in Counter(named).items() if count > 1}
        return tuple(
            f"{name} ({value})" if name in twice else name
            for name, value in zip(named, self.values, strict=True)
        )


def inventory_of_rows(rows: RowSet, recipe: Recipe) -> Inventory:
    """The inventory of a set. Raises DataError where it cannot be trained on."""
    numbers = {value: index for index, value in enumerate(rows.values)}
    classes, notes = shown_names(rows.classes, recipe)
    found = Inventory(
        str(rows.place),
        classes,
        train=_images(rows, "train", numbers),
        validation=_images(rows, "validation", numbers),
        test=_images(rows, "test", numbers),
        layout=rows.layout,
        unlabelled=_unlabelled(rows),
        skipped=rows.skipped,
        notes=tuple(notes),
    )
    return with_validation(found, recipe, container_text.unused_validation(rows.place))


def _images(rows: RowSet, split: SplitName, numbers: Mapping[Any, int]) -> LabelledImages:
    """The images of a split. Raises DataError for labels that no training image has."""
    found: LabelledImages = []
    for part in rows.parts:
        if part.split != split or part.labels is None:
            continue
        labels = part.labels.tolist()
        if unknown := sorted({*labels} - {*numbers}):
            names = [rows.names.get(value, str(value)) for value in unknown]
            raise DataError(container_text.unknown_labels(rows.place, part.images.name, names))
        found += [
            (ArrayRow(part.images, index), numbers[label])
            for index, label in zip(part.indices, labels, strict=True)
        ]
    return found


def _unlabelled(rows: RowSet) -> list[StoredImage]:
    return [
        ArrayRow(part.images, index)
        for part in rows.parts
        if part.labels is None
        for index in part.indices
    ]
