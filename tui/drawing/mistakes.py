"""Recalls and mistakes of a dense or sparse confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from engine.protocol.events import Confusion
from engine.text import harmless


class Mistake(NamedTuple):
    """Of the `of` images of class `true`, `images` were predicted as class `predicted`."""

    true: int
    predicted: int
    images: int
    of: int


@dataclass(frozen=True, eq=False)
class ConfusionCounts:
    """The non-zero cells by (true, predicted), and the images of each true class.

    Everything else is computed from these at the first access.
    """

    cells: dict[tuple[int, int], int]
    totals: dict[int, int]

    def fraction(self, true: int, predicted: int) -> float:
        """The share of the images of class `true` that were predicted as `predicted`."""
        count = self.cells.get((true, predicted), 0)
        return count / self.totals[true] if count else 0.0

    @cached_property
    def images(self) -> int:
        return sum(self.totals.values())

    @cached_property
    def top1(self) -> float | None:
        """The share of all images that were predicted correctly."""
        hits = sum(count for (true, predicted), count in self.cells.items() if true == predicted)
        return hits / self.images if self.images else None

    @cached_property
    def predictions(self) -> dict[int, int]:
        """The number of images with each prediction, right or wrong."""
        sums: dict[int, int] = {}
        for (_, predicted), count in self.cells.items():
            sums[predicted] = sums.get(predicted, 0) + count
        return sums

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """All mistakes, the most frequent first."""
        found = (
            Mistake(true, predicted, count, self.totals[true])
            for (true, predicted), count in self.cells.items()
            if true != predicted
        )
        return tuple(sorted(found, key=lambda pair: (-pair.images, pair.true, pair.predicted)))

    @cached_property
    def worst(self) -> dict[int, Mistake]:
        """The most frequent mistake of each true class that has any."""
        first: dict[int, Mistake] = {}
        for mistake in self.mistakes:
            first.setdefault(mistake.true, mistake)
        return first

    @cached_property
    def largest(self) -> float:
        """The largest share of a class that was predicted as one other class."""
        return max((pair.images / pair.of for pair in self.mistakes), default=0.0)

    @cached_property
    def recalls(self) -> tuple[tuple[float, int], ...]:
        """(recall, class), the hardest class first."""
        return tuple(sorted((self.fraction(true, true), true) for true in self.totals))


# The pane asks for the same counts several times in one redraw.
@lru_cache(maxsize=2)
def counts(confusion: Confusion) -> ConfusionCounts:
    """The matrix as its non-zero cells."""
    if confusion.counts:
        triples = (
            (i, j, n) for i, row in enumerate(confusion.counts) for j, n in enumerate(row) if n > 0
        )
        cells = {(i, j): n for i, j, n in triples}
    else:
        cells = {(i, j): n for i, j, n in confusion.sparse if n > 0}
    totals: dict[int, int] = {}
    for (true, _), count in cells.items():
        totals[true] = totals.get(true, 0) + count
    return ConfusionCounts(cells, totals)


def class_name(classes: Sequence[str], index: int) -> str:
    """The name of a class, or its number if it has no name."""
    return harmless(classes[index]) if 0 <= index < len(classes) else str(index)
