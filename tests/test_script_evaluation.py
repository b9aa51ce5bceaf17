"""An evaluation of a script's model, counted as the engine counts its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from cnn_tui.evaluated_cells import LEFT_OUT, accuracy, cells_of
from cnn_tui.watching.evaluation import Evaluated, evaluate
from cnn_tui.watching.own_confusion import checked_matrix
from cnn_tui.watching.refusal_error import RefusalError
from engine.distributed.rank import Rank
from engine.protocol import script_lines
from engine.training.metrics import Evaluation
from tests.watched_scripts import Watching, loader, net


class Given(nn.Module):
    """Returns its input as logits."""

    def forward(self, logits: Tensor) -> Tensor:
        assert not self.training
        assert not torch.is_grad_enabled()
        return logits.flatten(1)


def evaluated(logits: Tensor, labels: Any, criterion: Any = None, batch: int = 3) -> Evaluated:
    data = DataLoader(TensorDataset(logits[:, :, None, None], labels), batch)
    return evaluate(Given(), data, criterion, lambda: None).result


@pytest.mark.parametrize("classes", [3, 7])
def test_it_counts_as_the_engine_does_even_among_equal_logits(classes: int) -> None:
    torch.manual_seed(classes)
    logits = torch.randn(50, classes).round()
    logits[7, 1], logits[8] = torch.nan, torch.nan
    labels = torch.randint(0, classes, (50,))
    labels[3] = -1
    own = Evaluation(classes, torch.device("cpu"), Rank())
    own.add(logits, labels)
    expected = own.result()
    data = DataLoader(TensorDataset(logits[:, :, None, None], labels), 8)
    found = evaluate(Given(), data, None, lambda: None)
    assert found.cells.tolist() == expected.cells.tolist()
    assert (found.result.top1, found.result.top5) == (expected.top1, expected.top5)
    assert (found.result.top5 is None) == (classes < 6)
    assert found.result.loss == pytest.approx(expected.loss, nan_ok=True)


def test_labels_that_are_no_classes_measure_nothing() -> None:
    found = evaluated(torch.randn(3, 4), torch.full((3,), 9))
    assert (found.loss, found.top1, found.images) == (None, None, 3)


def test_labels_that_are_no_class_are_left_out() -> None:
    cells = cells_of(torch.tensor([1, 2, 0]), torch.tensor([1, 7, -100]), 3)
    assert cells.tolist() == [4, LEFT_OUT, LEFT_OUT]
    assert accuracy(cells, 3) == 1.0
    assert accuracy(cells[1:], 3) is None


def test_the_loss_is_the_mean_of_the_criterion_over_images() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(7, 4), torch.randint(0, 4, (7,))
    smoothed = nn.CrossEntropyLoss(label_smoothing=0.1)
    found = evaluated(logits, labels, smoothed)
    assert found.loss == pytest.approx(float(smoothed(logits, labels)))
    assert evaluated(logits, labels).loss == pytest.approx(
        float(nn.CrossEntropyLoss()(logits, labels))
    )


def test_a_regression_has_a_loss_and_nothing_else() -> None:
    values = torch.randn(7, 2)
    found = evaluated(values, values + 1, nn.MSELoss())
    assert found.loss == pytest.approx(1.0)
    assert found[1:4] == (None, None, 7)
    assert evaluated(values, values + 1).loss is None


def test_modes_come_back_even_after_an_error(tmp_path: Path) -> None:
    model = net()
    model.norm.eval()
    watching = Watching(tmp_path, model=model)
    with pytest.raises(RuntimeError):
        watching.model.evaluate(model, [(torch.zeros(4, 9, 8, 6), torch.zeros(4).long())])
    assert model.training
    assert not model.norm.training


def test_commands_are_obeyed_between_its_batches(tmp_path: Path) -> None:
    watching = Watching(tmp_path, model=net(), data=loader())
    watching.script.drives_batches = True
    watching.commands.on_wait = lambda: watching.commands.give("Continue")
    watching.commands.give("Pause")
    watching.model.evaluate(watching.script.model, loader())
    names = [event["name"] for event in watching.sent if event["type"] == "Phase"]
    assert names == ["evaluating", "paused", "evaluating", "training"]


@pytest.mark.parametrize("convert", [np.asarray, torch.tensor, list])
def test_the_scripts_own_matrix_is_shown(tmp_path: Path, convert: Any) -> None:
    watching = Watching(tmp_path, classes=("a", "b"))
    watching.model.confusion(convert([[5, 2], [3, 4]]), 6)
    (event,) = watching.sent
    assert event["counts"] == ((5, 2), (3, 4))
    assert event["worst"] == ((1, 0, ()), (0, 1, ()))
    assert event["epoch"] == 6
    script_lines.decode(json.dumps(event).encode())


def test_a_large_matrix_is_sparse(tmp_path: Path) -> None:
    matrix = torch.eye(101)
    matrix[3, 5] = 2.0
    watching = Watching(tmp_path)
    watching.model.confusion(matrix, 1)
    (event,) = watching.sent
    assert event["counts"] == ()
    assert (3, 5, 2) in event["sparse"]
    assert event["worst"] == ((3, 5, ()),)


@pytest.mark.parametrize(
    ("matrix", "sentence"),
    [
        ([[1, 2, 3], [4, 5, 6]], "2 × 3"),
        ([[1, 2, 3]] * 3, "should be 2 × 2"),
        ([[0.5, 0.5], [0.1, 0.9]], "do not divide"),
        ([[1, -1], [0, 1]], "do not divide"),
        ([[float("nan"), 1], [0, 1]], "do not divide"),
        ("matrix", "a str"),
        ([[1, 2], [3]], "a list"),
        (5, "one number"),
        (None, "a NoneType"),
        (torch.eye(2) + 0j, "do not divide"),
    ],
)
def test_what_is_no_matrix_is_refused(matrix: Any, sentence: str) -> None:
    with pytest.raises(RefusalError, match=sentence):
        checked_matrix(matrix, 2)


def test_a_wrong_matrix_costs_one_warning(tmp_path: Path) -> None:
    watching = Watching(tmp_path, classes=("a", "b"))
    for epoch in range(3):
        watching.model.confusion([[1]], epoch)
    assert [event["type"] for event in watching.sent] == ["Alert"]


def test_of_unequal_rows_the_first_is_named() -> None:
    with pytest.raises(RefusalError, match="whose row 2 has 3 numbers, and the row before it 2"):
        checked_matrix([[1, 2], [1, 2, 3], [1]], 2)


def test_an_evaluation_of_other_classes_than_named_shows_numbers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    watched = Watching(tmp_path, model=net(), classes=("cat", "dog"))
    for _ in range(2):
        watched.model.evaluate(watched.script.model, loader())
    assert watched.script.classes == ()
    (said,) = capfd.readouterr().err.splitlines()
    assert "2 classes are named and the model has 3, so numbers are shown instead" in said


def test_an_evaluation_of_an_epoch_that_a_stop_cut_short_is_not_told(tmp_path: Path) -> None:
    watched = Watching(tmp_path, model=net())
    watched.script.is_cut_short = True
    assert watched.model.evaluate(watched.script.model, loader()).images == 20
    assert "Confusion" not in watched.types()


def test_after_a_failed_evaluation_the_training_goes_on(tmp_path: Path) -> None:
    watched = Watching(tmp_path, model=net())
    with pytest.raises(RefusalError):
        watched.model.evaluate(watched.script.model, ["no images"])
    assert [event["name"] for event in watched.sent] == ["evaluating", "training"]
