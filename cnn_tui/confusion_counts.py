"""The confusion matrix of an evaluation, with the images of its worst cells.

It is made from the cells that occur, never from a whole matrix: with 10,000 classes that would take
800 MB.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from cnn_tui.shown_limits import CELL_IMAGES, DENSE_CLASSES, WORST_CELLS


class WorstCell(NamedTuple):
    """A cell off the diagonal, with the indices of its first images."""

    true: int
    predicted: int
    images: tuple[int, ...]


class ConfusionCounts(NamedTuple):
    """The counts; a row is a true class.

    Up to `DENSE_CLASSES`, `dense` is (classes, classes). With more, `sparse` has the cells that are
    not zero as (true, predicted, count). `worst` has the cells with the most errors, worst first.
    """

    dense: tuple[tuple[int, ...], ...]
    sparse: tuple[tuple[int, int, int], ...]
    worst: tuple[WorstCell, ...]


def confusion_counts(cells: Tensor, classes: int) -> ConfusionCounts:
    """The matrix of N images, given the cell `true * classes + predicted` of each, (N,) on the CPU.

    An image with a negative cell does not count.
    """
    found, counts = torch.unique(cells[cells >= 0], return_counts=True)
    worst = (
        WorstCell(
            *divmod(cell, classes),
            tuple((cells == cell).nonzero().flatten()[:CELL_IMAGES].tolist()),
        )
        for cell in _worst(found, counts, classes)
    )
    return _counted(found, counts, classes, tuple(worst))


def matrix_counts(matrix: Tensor) -> ConfusionCounts:
    """The matrix of these counts (classes, classes) int64 on the CPU, whose images are unknown."""
    classes, flat = len(matrix), matrix.flatten()
    found = flat.nonzero().flatten()
    worst = (WorstCell(*divmod(cell, classes), ()) for cell in _worst(found, flat[found], classes))
    return _counted(found, flat[found], classes, tuple(worst))


def _counted(
    found: Tensor, counts: Tensor, classes: int, worst: tuple[WorstCell, ...]
) -> ConfusionCounts:
    """The cells that are not zero, with their counts, as it is kept for so many classes."""
    if classes > DENSE_CLASSES:
        columns = (found // classes).tolist(), (found % classes).tolist(), counts.tolist()
        return ConfusionCounts((), tuple(zip(*columns)), worst)
    matrix = torch.zeros(classes * classes, dtype=counts.dtype)
    matrix[found] = counts
    rows = tuple(tuple(row) for row in matrix.view(classes, classes).tolist())
    return ConfusionCounts(rows, (), worst)


def _worst(found: Tensor, counts: Tensor, classes: int) -> list[int]:
    """The cells with the most errors, worst first."""
    wrong = found // classes != found % classes
    order = counts[wrong].sort(descending=True, stable=True).indices[:WORST_CELLS]
    worst: list[int] = found[wrong][order].tolist()
    return worst
