"""What the steps of a script measure, summed without waiting for a device."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cnn_tui.watching import held_logits
from cnn_tui.watching.held_logits import HeldLogits
from cnn_tui.watching.held_number import MOST_HELD, HeldNumber
from cnn_tui.watching.step_means import LOSS, TOP1, Kind, StepMeans, Sum, Sums, scalar
from cnn_tui.watching.step_times import StepTime, StepTimes
from tests.scripted import Clock


def sums(means: StepMeans) -> Sums:
    return means.start_reading().wait()


@pytest.mark.parametrize(
    "value",
    [
        0.25,
        np.float32(0.25),
        np.float64(0.25),
        np.array(0.25),
        torch.tensor(0.25),
        torch.tensor([0.25]),
        torch.tensor(0.25, dtype=torch.bfloat16),
        torch.tensor(0.25, dtype=torch.float64),
        torch.tensor(0.25, requires_grad=True),
        torch.nn.Parameter(torch.tensor([[0.25]])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_number_of_any_kind_is_one(value: object) -> None:
    means = StepMeans()
    assert means.add(LOSS, value)
    assert means.add(LOSS, 0.75)
    assert sums(means) == {LOSS: Sum(1.0, 2)}
    assert sums(means) == {}


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(3),
        torch.empty(0),
        torch.tensor(1j),
        np.ones(2),
        "loss",
        [0.5],
        {"loss": 0.5},
        10**400,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_number_is_refused_and_leaves_the_sums(value: object) -> None:
    number = HeldNumber()
    assert not number.add(value)
    assert number.take() == (0.0, 0, None)


def test_nan_and_mixed_types_stay_in_the_sum() -> None:
    means = StepMeans()
    for value in (torch.tensor(1.0, dtype=torch.bfloat16), torch.tensor(2), torch.tensor([3.0])):
        means.add(LOSS, value)
    means.add(scalar("gap"), math.nan)
    found = sums(means)
    assert found[LOSS] == Sum(6.0, 3)
    assert math.isnan(found[scalar("gap")].total)


def test_a_scalar_may_have_the_name_of_a_measure() -> None:
    means = StepMeans()
    means.add(LOSS, 1.0)
    means.add(scalar("loss"), 5.0)
    assert sums(means) == {LOSS: Sum(1.0, 1), Kind("scalar", "loss"): Sum(5.0, 1)}


def test_more_tensors_than_are_held_are_added_up_on_the_way() -> None:
    number = HeldNumber()
    for _ in range(2 * MOST_HELD + 3):
        number.add(torch.tensor(1.0))
        assert len(number._held) < MOST_HELD
    total, count, on_device = number.take()
    assert (total, count) == (0.0, 2 * MOST_HELD + 3)
    assert on_device is not None
    assert float(on_device) == count


def test_the_graph_of_a_loss_is_not_kept() -> None:
    weight = torch.ones(3, requires_grad=True)
    means = StepMeans()
    means.add(LOSS, (weight * 2).sum())
    assert not any(tensor.requires_grad for tensor in means._numbers[LOSS]._held)
    assert not any(copy.wait()[0].requires_grad for *_, copy in means.start_reading()._copies)


def test_hits_are_counted_over_batches_of_several_sizes() -> None:
    means = StepMeans()
    logits = torch.tensor([[3.0, 1.0], [0.0, 2.0], [5.0, 4.0]])
    assert means.logits.add(logits, torch.tensor([0, 0, 0]))
    assert means.logits.add(logits[:1], torch.tensor([1]))
    assert sums(means) == {TOP1: Sum(2.0, 4)}


def test_the_first_of_equal_logits_is_predicted() -> None:
    assert held_logits.hits(torch.zeros(1, 3), torch.tensor([0])).tolist() == [1, 1]
    assert held_logits.hits(torch.zeros(1, 3), torch.tensor([1])).tolist() == [0, 1]


def test_ignored_labels_do_not_count() -> None:
    assert held_logits.hits(torch.eye(3), torch.tensor([0, -100, 1])).tolist() == [1, 2]


def test_shares_of_classes_count_by_the_largest_and_several_classes_at_once_not_at_all() -> None:
    shares = torch.tensor([[0.9, 0.1], [0.3, 0.7], [1.0, 1.0]])
    assert held_logits.hits(torch.tensor([[2.0, 1.0]] * 3), shares).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("logits", "labels"),
    [
        (torch.ones(2, 3, 4, 4), torch.ones(2, 4, 4, dtype=torch.long)),  # segmentation
        (torch.ones(2, 1), torch.tensor([0.5, 1.5])),  # regression
        (torch.ones(2, 3), torch.ones(3, dtype=torch.long)),
        ([[1.0, 2.0]], [1]),
    ],
    ids=["segmentation", "regression", "another length", "lists"],
)
def test_other_logits_are_not_held(logits: Any, labels: Any) -> None:
    held = HeldLogits()
    assert not held.add(logits, labels)
    assert held.take() is None


def test_held_logits_take_bounded_memory() -> None:
    held = HeldLogits()
    for _ in range(40):
        held.add(torch.zeros(1000, 1000), torch.zeros(1000, dtype=torch.long))
        assert held._bytes <= held_logits.MOST_BYTES
    counts = held.take()
    assert counts is not None
    assert counts.tolist() == [40_000, 40_000]


class Waits(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operations that wait for a device."""

    NAMES = ("_local_scalar_dense", "item", "nonzero", "is_nonzero", "equal")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        if name in self.NAMES or (name == "_to_copy" and "device" in (kwargs or {})):
            self.seen.append(name)
        return func(*args, **(kwargs or {}))


def test_nothing_but_the_read_waits_for_the_device() -> None:
    means = StepMeans()
    with Waits() as waits:
        for _ in range(600):
            means.add(LOSS, torch.ones(()) * 2)
            means.add(scalar("grad"), torch.ones(1))
            means.logits.add(torch.ones(4, 3), torch.zeros(4, dtype=torch.long))
            means.logits.add(torch.ones(4, 3), torch.ones(4, 3) / 3)
        reading = means.start_reading()
    assert waits.seen == []
    with waits:
        torch.ones(()).item()
    assert waits.seen == ["_local_scalar_dense"]
    assert reading.wait()[LOSS] == Sum(1200.0, 600)


def test_the_time_of_steps_leaves_out_pauses_and_what_lies_between_epochs() -> None:
    clock = Clock()
    times = StepTimes(clock)
    clock.now = 5.0
    times.end(clock())  # nobody knows when it began
    clock.now = 6.0
    times.arrived(32, 0.25)
    times.end(clock())
    clock.now = 9.0
    times.skip(3.0)
    clock.now = 9.5
    times.end(clock())
    assert times.take() == StepTime(1.5, 0.25, 32)
    times.interrupt()
    clock.now = 20.0
    assert times.since_last_step() == 10.5
    times.begin()
    clock.now = 22.0
    times.arrived(8, 1.0)
    times.arrived(8, 0.5)
    times.end(clock())
    assert times.take_epoch() == StepTime(3.5, 1.75, 48)
    assert times.take_epoch() == StepTime()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_no_step_waits_for_a_gpu() -> None:
    means = StepMeans()
    logits, labels = torch.ones(4, 3, device="cuda"), torch.zeros(4, device="cuda").long()
    loss = torch.ones((), device="cuda", requires_grad=True) * 2
    means.start_reading().wait()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(600):
            means.add(LOSS, loss)
            means.add(scalar("on the host"), torch.ones(()))
            means.logits.add(logits, labels)
        reading = means.start_reading()
        reading.ready()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert reading.wait() == {
        LOSS: Sum(1200.0, 600),
        scalar("on the host"): Sum(600.0, 600),
        TOP1: Sum(2400.0, 2400),
    }
