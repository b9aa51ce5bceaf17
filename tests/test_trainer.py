"""The loop: what it says and when, and that it can be left and taken up again anywhere."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from engine import device as devices
from engine import events, models, recipe
from engine.data.dataset import Dataset
from engine.data.loading import load
from engine.trainer import Pace, Trainer
from tests import scripted

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    loading = load(recipe.build())
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            data: Dataset = finished.value
            return data


class Ticking:
    """A clock that moves on by a fixed time whenever it is asked."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


def trainer(data: Dataset, tick: float = 0.01, **settings: Any) -> Trainer:
    torch.set_num_threads(1)
    chosen = recipe.build(
        settings={"epochs": 2, "batch": 128, "precision": "float32", "threads": 1, **settings}
    )
    resolved = devices.resolve(chosen, CPU, 32)
    torch.manual_seed(chosen.seed)
    model = models.build("lenet5", 1, 32, 10)
    return Trainer(chosen, resolved, CPU, data, model, Ticking(tick))


def said(work: Trainer) -> list[events.Event]:
    return [event for event in work.run() if event is not None]


def kinds(found: list[events.Event]) -> list[str]:
    return [type(event).__name__ for event in found]


def test_an_epoch_is_steps_evaluation_confusion_maps_and_its_end(digits: Dataset) -> None:
    found = said(trainer(digits, tick=0.0, epochs=1))
    assert kinds(found) == [
        "FeatureMaps",
        "FeatureMaps",
        "Phase",
        "Steps",
        "Phase",
        "Confusion",
        "FeatureMaps",
        "FeatureMaps",
        "EpochEnded",
    ]


def test_every_step_and_every_evaluation_batch_yields(digits: Dataset) -> None:
    work = trainer(digits, tick=0.0, epochs=1)
    assert sum(event is None for event in work.run()) == 10 + math.ceil(355 / 256)


def test_reports_come_twice_a_second_and_after_an_hour_every_five_seconds() -> None:
    clock = scripted.Clock(0.0)
    pace = Pace(clock)
    due = []
    for tenth in range(40_000):
        clock.now = tenth / 8
        if pace.due("steps"):
            due.append(clock.now)
    assert due[:3] == [0.5, 1.0, 1.5]
    assert [at for at in due if at > 3600.0][:3] == [3605.0, 3610.0, 3615.0]


def test_a_report_waits_until_it_is_due(digits: Dataset) -> None:
    assert kinds(said(trainer(digits, tick=0.0, epochs=2))).count("Steps") == 1


def test_numbers_are_those_of_the_model(digits: Dataset) -> None:
    work = trainer(digits, epochs=1)
    found = said(work)
    end = next(e for e in found if isinstance(e, events.EpochEnded))
    pixels = digits.validation.pixels.float() / 255
    mean, std = torch.tensor(digits.mean), torch.tensor(digits.std)
    inputs = (pixels - mean.view(1, -1, 1, 1)) / std.view(1, -1, 1, 1)
    with torch.no_grad():
        logits = work.model.eval()(inputs)
    top1 = float((logits.argmax(1) == digits.validation.labels).double().mean())
    assert end.top1 == pytest.approx(top1, abs=1e-9)
    assert end.loss == pytest.approx(
        float(torch.nn.functional.cross_entropy(logits, digits.validation.labels)), rel=1e-4
    )
    matrix = next(e for e in found if isinstance(e, events.Confusion))
    assert sum(map(sum, matrix.counts)) == 355
    assert sum(row[i] for i, row in enumerate(matrix.counts)) == round(top1 * 355)
    for cell in matrix.worst:
        for image in cell.images:
            assert digits.validation.labels[image] == cell.true
            assert logits[image].argmax() == cell.predicted


def test_the_first_loss_is_that_of_a_guess(digits: Dataset) -> None:
    first = next(e for e in said(trainer(digits)) if isinstance(e, events.Steps))
    assert first.step == 1
    assert first.loss == pytest.approx(math.log(10), rel=0.1)


def weights(work: Trainer) -> list[torch.Tensor]:
    return [p.detach().clone() for p in work.model.parameters()]


@pytest.mark.parametrize("leave_after", [3, 15, 18, 25])
def test_a_run_taken_up_again_is_the_same_run(digits: Dataset, leave_after: int) -> None:
    """3, 15 and 25 yields are inside an epoch, 18 is inside an evaluation."""
    settings: dict[str, Any] = {
        "plateau": True,
        "plateau_patience": 0,
        "optimizer": "adam",
        "lr": 1e-3,
    }
    whole = trainer(digits, **settings)
    ends = [e for e in said(whole) if isinstance(e, events.EpochEnded)]
    first = trainer(digits, **settings)
    life = first.run()
    before = [next(life) for _ in range(leave_after)]
    state = first.state()
    life.close()
    second = trainer(digits, **settings)
    torch.manual_seed(99)
    second.restore(state)
    after = said(second)
    found = [e for e in [*before, *after] if isinstance(e, events.EpochEnded)]
    assert [(e.train_loss, e.loss, e.top1, e.lr, e.best) for e in found] == [
        (e.train_loss, e.loss, e.top1, e.lr, e.best) for e in ends
    ]
    for one, other in zip(weights(whole), weights(second), strict=True):
        assert torch.equal(one, other)


def test_leaving_in_the_midst_leaks_no_mode(digits: Dataset) -> None:
    work = trainer(digits)
    for _ in work.run():
        assert torch.is_grad_enabled()
        assert not torch.is_autocast_enabled("cpu")


def test_a_loss_that_explodes_is_told_once_and_trained_on(digits: Dataset) -> None:
    work = trainer(digits, tick=0.3)
    with torch.no_grad():
        next(work.model.parameters()).fill_(float("nan"))
    found = said(work)
    assert [e.code for e in found if isinstance(e, events.Alert)] == ["loss"]
    assert [e.loss for e in found if isinstance(e, events.EpochEnded)] == [None, None]
    assert all(e.loss is None for e in found if isinstance(e, events.Steps))


def test_a_rehearsal_is_one_step_and_one_batch(digits: Dataset) -> None:
    work = trainer(digits)
    assert kinds([e for e in work.rehearse() if e is not None]) == ["Steps"]
    assert work.step == 1


def test_a_plateau_lowers_the_rate(digits: Dataset) -> None:
    work = trainer(digits, epochs=3, lr=1e-9, schedule="constant", plateau=True, plateau_patience=0)
    rates = [e.lr for e in said(work) if isinstance(e, events.EpochEnded)]
    assert rates == pytest.approx([1e-9, 1e-9, 2e-10])
