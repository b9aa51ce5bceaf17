"""One order of the classes, whatever ties: for what is counted and for what is shown."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.nn import functional as F

from cnn_tui.class_ranking import ClassRanking
from engine.distributed.rank import Rank
from engine.inspection import pictures
from engine.training.metrics import Evaluation, RunningMetrics

CPU = torch.device("cpu")
# Few values, so that most of them tie.
LOGIT = st.sampled_from([0.0, -0.0, 1.0, -2.5, 1.001, 1e30, math.nan, math.inf, -math.inf])
DTYPE = st.sampled_from([torch.float32, torch.bfloat16, torch.float16])


@st.composite
def batches(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Logits (N, classes) and labels (N,)."""
    classes, images = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    row = st.lists(LOGIT, min_size=classes, max_size=classes)
    logits = draw(st.lists(row, min_size=images, max_size=images))
    label = st.integers(0, classes - 1)
    labels = draw(st.lists(label, min_size=images, max_size=images))
    return torch.tensor(logits).to(draw(DTYPE)), torch.tensor(labels)


def by_hand(logits: Tensor) -> list[int]:
    """The classes in order, for logits (classes,)."""
    values = [-math.inf if math.isnan(value) else value for value in logits.tolist()]
    return sorted(range(len(values)), key=lambda index: (-values[index], index))


@given(batches())
def test_everything_that_counts_or_shows_classes_has_the_same_order(
    batch: tuple[Tensor, Tensor],
) -> None:
    logits, labels = batch
    orders, classes = [by_hand(row) for row in logits], logits.shape[1]
    assert ClassRanking(logits).predicted.tolist() == [order[0] for order in orders]
    assert ClassRanking(logits).first(3).tolist() == [order[:3] for order in orders]
    expected = [order.index(label) for order, label in zip(orders, labels.tolist(), strict=True)]
    for count in (1, 2, 3, 5):
        among = ClassRanking(logits).among_first(labels, count)
        assert among.tolist() == [rank < count for rank in expected]
    for order, row in zip(orders, logits, strict=True):
        assert [index for index, _ in pictures.predictions(row.float())] == order[:3]

    evaluation, running = Evaluation(classes, CPU, Rank()), RunningMetrics(CPU, Rank())
    evaluation.add(logits, labels)
    running.add(F.cross_entropy(logits.float(), labels), logits, labels)
    running.count(len(labels))
    result, hits = evaluation.result(), expected.count(0)
    assert (result.cells % classes).tolist() == [order[0] for order in orders]
    assert result.top1 == running.totals().top1 == hits / len(labels)
    if classes > 5:
        assert result.top5 == sum(rank < 5 for rank in expected) / len(labels)
        assert result.top5 >= result.top1
    else:
        assert result.top5 is None


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("classes", [640, 1_279, 1_280, 10_000])
def test_the_first_of_many_classes_are_those_of_a_stable_sort(classes: int, seed: int) -> None:
    """Every label, with logits of which few, many or all are equal, and some are NaN."""
    torch.manual_seed(seed)
    logits = torch.randn(40, classes).mul(10.0 ** (seed % 4 - 1)).round()
    logits[torch.rand(40, classes) < 0.1 * (seed % 2)] = math.nan
    logits[0], logits[1], logits[2, ::2] = 0.0, math.nan, math.inf
    ranking = ClassRanking(logits)
    first = ranking.first(8)
    assert torch.equal(ranking.predicted, first[:, 0])
    for place in range(8):
        assert ranking.among_first(first[:, place], 5).all() == (place < 5)
        assert ranking.among_first(first[:, place], 5).any() == (place < 5)
    labels = torch.randint(classes, (40,))
    assert torch.equal(ranking.among_first(labels, 5), (first[:, :5] == labels[:, None]).any(1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_dead_network_is_right_about_the_first_class_and_the_first_five(
    dtype: torch.dtype,
) -> None:
    """Its logits are all zero, as with a ReLU after the last layer."""
    labels = torch.arange(10).repeat(50)
    evaluation = Evaluation(10, CPU, Rank())
    evaluation.add(torch.zeros(500, 10, dtype=dtype), labels)
    result = evaluation.result()
    assert (result.top1, result.top5) == (0.1, 0.5)


def test_probabilities_that_are_equal_do_not_hide_the_order_of_their_logits() -> None:
    """In float32, the softmax of all but the first of these is 0."""
    shown = pictures.predictions(torch.tensor([-300.0, -200.0, 0.0, -150.0]))
    assert [index for index, _ in shown] == [2, 3, 1]


@pytest.mark.parametrize("classes", [100, 2_000])
def test_counting_never_waits_for_a_gpu(classes: int) -> None:
    """A fake GPU has no values; to wait for one raises."""
    with FakeTensorMode():
        logits = torch.empty(8, classes, device="cuda")
        labels = torch.empty(8, dtype=torch.int64, device="cuda")
        with pytest.raises(DataDependentOutputException):
            assert logits.isnan().any()
        ranking = ClassRanking(logits)
        assert ranking.among_first(labels, 5).shape == ranking.predicted.shape == (8,)


def test_a_rank_without_images_counts_none() -> None:
    ranking, labels = ClassRanking(torch.zeros(0, 2_000)), torch.zeros(0, dtype=torch.int64)
    assert len(ranking.predicted) == len(ranking.among_first(labels, 5)) == 0
