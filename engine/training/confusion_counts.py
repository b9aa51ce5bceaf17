"""The confusion matrix of an evaluation as an event, with its worst cells.

It is made from the cells that occur, never from a whole matrix: with 10,000 classes that would take
800 MB.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.protocol import events
from engine.training.metrics import EvaluationResult

# With more classes, the event holds only the cells that are not zero.
DENSE_CLASSES = 100
# The number of worst cells with example images, and of images for each.
WORST_CELLS = 64
CELL_IMAGES = 16


def confusion(result: EvaluationResult, epoch: int, step: int) -> events.Confusion:
    """The confusion matrix of this evaluation, after this epoch and step."""
    classes = result.classes
    cells, counts = torch.unique(result.counted, return_counts=True)
    worst = _worst_cells(result, cells, counts)
    if classes > DENSE_CLASSES:
        columns = (cells // classes).tolist(), (cells % classes).tolist(), counts.tolist()
        sparse = tuple(zip(*columns, strict=True))
        return events.Confusion(epoch, sparse=sparse, worst=worst, step=step)
    matrix = torch.zeros(classes * classes, dtype=counts.dtype)
    matrix[cells] = counts
    dense = tuple(tuple(row) for row in matrix.view(classes, classes).tolist())
    return events.Confusion(epoch, dense, worst=worst, step=step)


def _worst_cells(
    result: EvaluationResult, cells: Tensor, counts: Tensor
) -> tuple[events.Cell, ...]:
    """The largest errors, worst first, each with the indices of its first images."""
    wrong = cells // result.classes != cells % result.classes
    cells, counts = cells[wrong], counts[wrong]
    worst = cells[counts.sort(descending=True, stable=True).indices[:WORST_CELLS]]
    found = []
    for cell in worst.tolist():
        images = (result.cells == cell).nonzero().flatten()[:CELL_IMAGES].tolist()
        true, predicted = divmod(cell, result.classes)
        found.append(events.Cell(true, predicted, tuple(images)))
    return tuple(found)
