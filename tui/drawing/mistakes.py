"""What a confusion matrix says, dense or sparse: recalls and the classes taken for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.events import Confusion
from engine.text import harmless


class Mistake(NamedTuple):
    """So many images `of` all with the true class were taken for another, by index."""

    true: int
    predicted: int
    images: int
    of: int


class Counts(NamedTuple):
    """The non-zero cells by (true, predicted), and the images of each true class."""

    cells: dict[tuple[int, int], int]
    totals: dict[int, int]

    def fraction(self, true: int, predicted: int) -> float:
        """The share of the true class's images that got this prediction."""
        count = self.cells.get((true, predicted), 0)
        return count / self.totals[true] if count else 0.0


def counts(confusion: Confusion) -> Counts:
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
    return Counts(cells, totals)


def mistakes(counted: Counts) -> list[Mistake]:
    """All that was mistaken, the most frequent first."""
    found = [
        Mistake(true, predicted, count, counted.totals[true])
        for (true, predicted), count in counted.cells.items()
        if true != predicted
    ]
    return sorted(found, key=lambda mistake: (-mistake.images, mistake.true, mistake.predicted))


def recalls(counted: Counts) -> list[tuple[float, int]]:
    """(share that was recognised, class), the hardest class first."""
    return sorted((counted.fraction(true, true), true) for true in counted.totals)


def class_name(classes: Sequence[str], index: int) -> str:
    """The name of a class, or its number where there is no name."""
    return harmless(classes[index]) if 0 <= index < len(classes) else str(index)
