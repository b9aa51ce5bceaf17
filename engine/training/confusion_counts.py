"""The confusion matrix of an evaluation as an event, with its worst cells."""

from __future__ import annotations

from torch import Tensor

from engine.protocol import events
from engine.training.metrics import Result

# With more classes only the cells that are not zero are written.
DENSE_CLASSES = 100
# The worst cells keep indices of their first images, for a viewer to show.
WORST_CELLS = 64
CELL_IMAGES = 16


def confusion(result: Result, labels: Tensor, epoch: int, step: int) -> events.Confusion:
    """The confusion matrix of images with these labels (N,), after this epoch and step."""
    counts, worst = result.counts, worst_cells(result, labels)
    if len(counts) <= DENSE_CLASSES:
        dense = tuple(tuple(row) for row in counts.tolist())
        return events.Confusion(epoch, dense, worst=worst, step=step)
    cells = counts.nonzero().tolist()
    sparse = tuple((true, said, int(counts[true, said])) for true, said in cells)
    return events.Confusion(epoch, sparse=sparse, worst=worst, step=step)


def worst_cells(result: Result, labels: Tensor) -> tuple[events.Cell, ...]:
    """The largest errors, worst first, each with the indices of its first images."""
    errors = result.counts.clone()
    errors.fill_diagonal_(0)
    classes = len(errors)
    largest = errors.flatten().topk(min(WORST_CELLS, classes * classes))
    cells = []
    for count, cell in zip(largest.values.tolist(), largest.indices.tolist(), strict=True):
        if count:
            true, said = divmod(cell, classes)
            those = (labels == true) & (result.predictions == said)
            images = those.nonzero().flatten()[:CELL_IMAGES].tolist()
            cells.append(events.Cell(true, said, tuple(images)))
    return tuple(cells)
