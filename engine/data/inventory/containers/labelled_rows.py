"""Images in rows of arrays, with the labels that stand beside them, as a data set of items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from engine.data.inventory.containers import container_text
from engine.data.inventory.containers.labelled_items import ItemSet, SplitItems
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.stored.array_row import ArrayRow, PixelRows


@dataclass(frozen=True)
class Rows:
    """Images in some rows of an array, each made when it is asked for."""

    rows: PixelRows
    indices: Sequence[int]

    def __iter__(self) -> Iterator[ArrayRow]:
        return (ArrayRow(self.rows, index) for index in self.indices)


def labelled_rows(
    split: SplitName, rows: PixelRows, indices: Sequence[int], labels: npt.NDArray[Any] | None
) -> SplitItems:
    """Some rows of an array with the label of each, or with none at all."""
    known = [None] * len(indices) if labels is None else labels.tolist()
    return SplitItems(split, Rows(rows, indices), known, rows.name)


@dataclass(frozen=True)
class RowSet(ItemSet):
    """A data set of rows: its user wrote the labels, and is told to change them."""

    @property
    def classes(self) -> tuple[str, ...]:
        """As those of items; where two names are the same, each has its label behind it."""
        named = super().classes
        twice = {name for name, count in Counter(named).items() if count > 1}
        return tuple(
            f"{name} ({value})" if name in twice else name
            for name, value in zip(named, self.values, strict=True)
        )

    def too_few(self, labels: Sequence[str]) -> str:
        return container_text.too_few_labels(self.place, labels)

    def unknown(self, part: SplitItems, labels: Sequence[int | str]) -> str:
        names = [self.name_of(label) for label in labels]
        return container_text.unknown_labels(self.place, part.name, names)

    @property
    def unused_validation(self) -> str:
        return container_text.unused_validation(self.place)
