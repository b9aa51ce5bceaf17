"""The confusion matrix of an evaluation as an event, with its worst cells."""

from __future__ import annotations

from torch import Tensor

from engine.protocol import events
from engine.training.metrics import EvaluationResult

# With more classes, the event holds only the cells that are not zero.
DENSE_CLASSES = 100
# The number of worst cells with example images, and of images for each.
WORST_CELLS = 64
CELL_IMAGES = 16


def confusion(result: EvaluationResult, labels: Tensor, epoch: int, step: int) -> events.Confusion:
    """The confusion matrix of images with these labels (N,), after this epoch and step."""
    counts, worst = result.counts, worst_cells(result, labels)
    if len(counts) <= DENSE_CLASSES:
        dense = tuple(tuple(row) for row in counts.tolist())
        return events.Confusion(epoch, dense, worst=worst, step=step)
    cells = counts.nonzero().tolist()
    sparse = tuple((true, predicted, int(counts[true, predicted])) for true, predicted in cells)
    return events.Confusion(epoch, sparse=sparse, worst=worst, step=step)


def worst_cells(result: EvaluationResult, labels: Tensor) -> tuple[events.Cell, ...]:
    """The largest errors, worst first, each with the indices of its first images."""
    errors = result.counts.clone()
    errors.fill_diagonal_(0)
    classes = len(errors)
    largest = errors.flatten().topk(min(WORST_CELLS, classes * classes))
    cells = []
    for count, cell in zip(largest.values.tolist(), largest.indices.tolist(), strict=True):
        if count:
            true, predicted = divmod(cell, classes)
            errors_here = (labels == true) & (result.predictions == predicted)
            images = errors_here.nonzero().flatten()[:CELL_IMAGES].tolist()
            cells.append(events.Cell(true, predicted, tuple(images)))
    return tuple(cells)
