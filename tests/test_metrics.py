"""Counting on the device against counting by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from engine.data.base.dataset import LEFT_OUT
from engine.distributed.rank import Rank
from engine.run.measuring import measured
from engine.training.metrics import (
    COUNTED_TOGETHER,
    Evaluation,
    EvaluationResult,
    RunningMetrics,
    balanced,
)

CPU = torch.device("cpu")


def batch(seed: int, size: int = 32, classes: int = 10) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    return torch.randn(size, classes), torch.randint(0, classes, (size,))


def count(metrics: RunningMetrics, logits: torch.Tensor, labels: torch.Tensor) -> None:
    metrics.add(F.cross_entropy(logits, labels), logits, labels)
    metrics.count(len(labels))


def test_a_window_and_an_epoch_are_means_over_images() -> None:
    metrics = RunningMetrics(CPU, Rank())
    for seed, size in ((0, 32), (1, 8)):
        logits, labels = batch(seed, size)
        count(metrics, logits, labels)
    both = [batch(0, 32), batch(1, 8)]
    logits, labels = (torch.cat(parts) for parts in zip(*both, strict=True))
    metrics.start_reading()
    window = metrics.poll()
    assert window is not None
    assert window.images == 40
    assert window.loss == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-6)
    assert window.top1 == pytest.approx(float((logits.argmax(1) == labels).double().mean()))
    assert metrics.totals() == window
    assert metrics.poll() is None


def test_an_epochs_mean_does_not_depend_on_when_it_was_read() -> None:
    often, once = RunningMetrics(CPU, Rank()), RunningMetrics(CPU, Rank())
    for seed in range(20):
        logits, labels = batch(seed)
        for metrics in (often, once):
            count(metrics, logits, labels)
        often.start_reading()
        often.poll()
    assert often.totals() == once.totals()


def test_a_new_epoch_begins_at_nothing_and_a_restored_one_where_it_was() -> None:
    metrics, again = RunningMetrics(CPU, Rank()), RunningMetrics(CPU, Rank())
    logits, labels = batch(0)
    count(metrics, logits, labels)
    again.restore(metrics.epoch_sums(), metrics.epoch_images)
    assert again.totals() == metrics.totals()
    metrics.new_epoch()
    assert metrics.totals().images == 0


@pytest.mark.parametrize("together", [1, 700, COUNTED_TOGETHER])
@pytest.mark.parametrize("classes", [3, 5, 10, 120])
def test_an_evaluation_against_the_plain_formulae(
    classes: int, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many batches are counted together."""
    monkeypatch.setattr("engine.training.metrics.COUNTED_TOGETHER", together)
    evaluation = Evaluation(classes, CPU, Rank())
    parts = [batch(seed, 50, classes) for seed in range(4)]
    for logits, labels in parts:
        evaluation.add(logits, labels)
    logits, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    result = evaluation.result()
    predicted = logits.argmax(1)
    assert result.loss == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-6)
    assert result.top1 == pytest.approx(float((predicted == labels).double().mean()))
    assert torch.equal(result.cells // classes, labels)
    assert torch.equal(result.cells % classes, predicted)
    if classes <= 5:
        assert result.top5 is None
    else:
        ranks = (logits > logits.gather(1, labels[:, None])).sum(1)
        assert result.top5 == pytest.approx(float((ranks < 5).double().mean()))
    probabilities = logits.softmax(1)
    assert torch.allclose(result.probability, probabilities.amax(1))
    assert torch.allclose(result.label_probability, probabilities.gather(1, labels[:, None])[:, 0])


def test_balanced_accuracy_is_the_mean_recall_of_classes_that_have_images() -> None:
    cells = torch.tensor([0] * 8 + [1] * 2 + [3, 4])
    unused = [torch.zeros(len(cells))] * 3
    result = EvaluationResult(0.5, 0.75, None, cells, 3, *unused)
    assert balanced(result) == pytest.approx((0.8 + 0.5) / 2)


def test_a_loss_that_is_nan_stays_nan() -> None:
    metrics = RunningMetrics(CPU, Rank())
    logits, labels = torch.full((4, 3), float("nan")), torch.zeros(4, dtype=torch.int64)
    count(metrics, logits, labels)
    loss = metrics.totals().loss
    assert loss != loss


def test_what_is_no_number_has_no_probability_and_an_unreadable_image_no_class() -> None:
    evaluation = Evaluation(6, CPU, Rank())
    logits = torch.tensor([[math.nan] * 6, [math.inf, *[0.0] * 5], [9.0, *[0.0] * 5]])
    evaluation.add(logits, torch.tensor([1, 0, LEFT_OUT]))
    result = evaluation.result()
    found = result.judgements
    assert (found.labels.tolist(), found.predicted.tolist()) == ([1, 0, -1], [0, 0, -1])
    assert found.probability[:2].tolist() == found.label_probability[:2].tolist() == [0, 0]
    assert found.among_five.tolist() == [True, True, False]
    assert math.isnan(result.loss)


@pytest.mark.parametrize("classes", [3, 10])
def test_the_measures_of_the_judgements_are_those_of_the_evaluation(classes: int) -> None:
    evaluation = Evaluation(classes, CPU, Rank())
    for seed in range(3):
        logits, labels = batch(seed, 40, classes)
        evaluation.add(logits, labels.where(labels != seed, LEFT_OUT))
    result = evaluation.result()
    found = measured(result.judgements, classes)
    assert found is not None
    assert found.top1 == result.top1
    assert found.top5 == pytest.approx(result.top5)
    assert found.loss == pytest.approx(result.loss, rel=1e-5)
    assert found.balanced == pytest.approx(balanced(result))
    assert found.left_out == len(result.cells) - len(result.counted) > 0
