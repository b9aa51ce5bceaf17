"""What a confusion matrix says: the worst pairs, and precision and recall of each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.protocol.events import Confusion
from engine.run.measures import ClassMeasures, class_measures


class Cell(NamedTuple):
    """So many images of class `true` were predicted as `predicted`."""

    true: int
    predicted: int
    images: int


class Pair(NamedTuple):
    """Of the `of` images of class `true`, `images` were taken for class `predicted`."""

    true: int
    predicted: int
    images: int
    of: int


def cells_of(confusion: Confusion, classes: int) -> list[Cell]:
    """The cells of a journal's matrix that have images, for so many classes."""
    dense = (
        (true, predicted, images)
        for true, row in enumerate(confusion.counts)
        for predicted, images in enumerate(row)
    )
    found = (Cell(*cell) for cell in (confusion.sparse or dense))
    return [cell for cell in found if cell.images > 0 and max(cell[:2]) < classes]


def worst_pairs(cells: Iterable[Cell]) -> list[Pair]:
    """All mistakes, the most frequent first."""
    known = list(cells)
    totals = _sums((cell.true, cell.images) for cell in known)
    pairs = [
        Pair(cell.true, cell.predicted, cell.images, totals[cell.true])
        for cell in known
        if cell.true != cell.predicted
    ]
    return sorted(pairs, key=lambda pair: (-pair.images, pair.true, pair.predicted))


def measures_of(cells: Sequence[Cell], classes: int) -> list[ClassMeasures]:
    """The measures of all classes, in their order."""
    images = _sums((cell.true, cell.images) for cell in cells)
    taken = _sums((cell.predicted, cell.images) for cell in cells)
    hits = _sums((cell.true, cell.images) for cell in cells if cell.true == cell.predicted)
    return [class_measures(images[index], taken[index], hits[index]) for index in range(classes)]


def _sums(counted: Iterable[tuple[int, int]]) -> Counter[int]:
    sums: Counter[int] = Counter()
    for index, images in counted:
        sums[index] += images
    return sums
