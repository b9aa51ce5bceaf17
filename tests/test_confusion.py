"""The matrix of an evaluation, and which images its worst cells keep."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cnn_tui.shown_limits import CELL_IMAGES, WORST_CELLS
from engine.distributed.rank import Rank
from engine.training.confusion_event import confusion
from engine.training.metrics import COUNTED_TOGETHER, Evaluation, EvaluationResult, balanced


def result(labels: torch.Tensor, said: torch.Tensor, classes: int) -> EvaluationResult:
    """An evaluation that predicted this for images with these labels."""
    unused = [torch.zeros(len(labels))] * 3
    return EvaluationResult(0.5, 0.5, None, labels * classes + said, classes, *unused)


def test_the_worst_cells_come_first_and_name_their_images() -> None:
    labels, said = torch.tensor([0, 0, 1, 1, 2, 1]), torch.tensor([0, 1, 2, 2, 2, 0])
    event = confusion(result(labels, said, 3), 1, 10)
    assert event.counts == ((1, 1, 0), (1, 0, 2), (0, 0, 1))
    assert [(cell.true, cell.predicted, cell.images) for cell in event.worst] == [
        (1, 2, (2, 3)),
        (0, 1, (1,)),
        (1, 0, (5,)),
    ]


def test_an_evaluation_without_a_mistake_has_no_worst_cell() -> None:
    labels = torch.tensor([0, 1, 2, 1])
    assert confusion(result(labels, labels, 3), 1, 10).worst == ()


def test_so_many_images_of_so_many_cells_are_kept() -> None:
    classes, each = 12, CELL_IMAGES + 2
    labels = torch.arange(classes).repeat_interleave(classes * each)
    said = torch.arange(classes).repeat(classes * each)
    cells = confusion(result(labels, said, classes), 1, 10).worst
    assert len(cells) == WORST_CELLS == 64
    assert {len(cell.images) for cell in cells} == {CELL_IMAGES} == {16}
    assert all(cell.true != cell.predicted for cell in cells)
    for cell in cells:
        assert all(labels[i] == cell.true and said[i] == cell.predicted for i in cell.images)


def test_above_a_hundred_classes_the_counts_are_sparse() -> None:
    labels, said = torch.tensor([0, 120]), torch.tensor([0, 3])
    event = confusion(result(labels, said, 121), 4, 40)
    assert (event.epoch, event.step, event.counts) == (4, 40, ())
    assert event.sparse == ((0, 0, 1), (120, 3, 1))


class LargestTensor(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps the number of values in the largest tensor that an operation makes."""

    values = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in made if isinstance(made, tuple | list) else (made,):
            if isinstance(one, torch.Tensor):
                self.values = max(self.values, one.numel())
        return made


def test_with_ten_thousand_classes_only_the_cells_that_occur_take_memory() -> None:
    """The whole matrix would have 100 million cells."""
    classes, images = 10_000, 40
    with LargestTensor() as largest:  # type: ignore[no-untyped-call]
        evaluation = Evaluation(classes, torch.device("cpu"), Rank())
        for _ in range(8):
            evaluation.add(torch.rand(images, classes), torch.randint(classes, (images,)))
        evaluated = evaluation.result()
        event = confusion(evaluated, 4, 40)
        balanced(evaluated)
    assert sum(count for _, _, count in event.sparse) == 8 * images
    batch = images * classes
    assert largest.values < COUNTED_TOGETHER + batch < 8 * batch, "the batches counted together"
