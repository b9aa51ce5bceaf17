"""The matrix of an evaluation, and which images its worst cells keep."""

from __future__ import annotations

import torch

from engine.training.confusion_counts import CELL_IMAGES, WORST_CELLS, confusion, worst_cells
from engine.training.metrics import EvaluationResult


def result(labels: torch.Tensor, said: torch.Tensor, classes: int) -> EvaluationResult:
    """An evaluation that predicted this for images with these labels."""
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    counts.index_put_((labels, said), torch.ones(len(labels), dtype=torch.int64), accumulate=True)
    return EvaluationResult(0.5, 0.5, None, counts, said)


def test_the_worst_cells_come_first_and_name_their_images() -> None:
    labels, said = torch.tensor([0, 0, 1, 1, 2, 1]), torch.tensor([0, 1, 2, 2, 2, 0])
    cells = worst_cells(result(labels, said, 3), labels)
    assert (cells[0].true, cells[0].predicted, cells[0].images) == (1, 2, (2, 3))
    assert {(cell.true, cell.predicted) for cell in cells} == {(1, 2), (0, 1), (1, 0)}


def test_so_many_images_of_so_many_cells_are_kept() -> None:
    classes, each = 12, CELL_IMAGES + 2
    labels = torch.arange(classes).repeat_interleave(classes * each)
    said = torch.arange(classes).repeat(classes * each)
    cells = worst_cells(result(labels, said, classes), labels)
    assert len(cells) == WORST_CELLS == 64
    assert {len(cell.images) for cell in cells} == {CELL_IMAGES} == {16}
    assert all(cell.true != cell.predicted for cell in cells)
    for cell in cells:
        assert all(labels[i] == cell.true and said[i] == cell.predicted for i in cell.images)


def test_above_a_hundred_classes_the_counts_are_sparse() -> None:
    labels, said = torch.tensor([0, 120]), torch.tensor([0, 3])
    event = confusion(result(labels, said, 121), labels, 4, 40)
    assert (event.epoch, event.step, event.counts) == (4, 40, ())
    assert event.sparse == ((0, 0, 1), (120, 3, 1))
