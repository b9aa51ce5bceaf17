"""Trainings whose numbers are finite and yet wrong, and such as only look so."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.data.base.batch import Batch
from engine.process.anomaly_monitor import AnomalyMonitor
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.training.loss import CrossEntropy
from tests import scripted
from tests.test_broken_loss import Attempt


def watched(*said: Event) -> list[events.Alert]:
    monitor = AnomalyMonitor()
    return [alert for event in (scripted.started(), *said) for alert in monitor.alerts(event)]


def losses(*values: float) -> list[Event]:
    return [scripted.steps(step, loss) for step, loss in enumerate(values, start=1)]


def gradients(*norms: float) -> list[Event]:
    """Looks at two layers, of which the second has nearly all of the gradient."""
    return [
        events.LayerHealth(
            (
                events.Health("conv1", norm / 1000, 0.01, 0.0, 1.0),
                events.Health("conv2", norm, 0.01, 0.0, 1.0),
                events.Health("fc", None, 0.01, 0.0, 1.0),
            ),
            step=step,
        )
        for step, norm in enumerate(norms, start=1)
    ]


def epoch(number: int, top1: float, *, right: int = 1) -> list[Event]:
    return [scripted.confusion(number, right=right), long_epoch(number, top1)]


def long_epoch(number: int, top1: float) -> events.EpochEnded:
    """The end of an epoch with 100 steps."""
    return msgspec.structs.replace(scripted.ended_epoch(number, top1), step=100 * number)


def at_a_guess(start: events.RunStarted, epochs: int) -> list[events.Alert]:
    """The alerts of a run that stays at a guess."""
    said: list[Event] = [start]
    for n in range(1, epochs + 1):
        ended = scripted.ended_epoch(n, 0.1)
        ended = msgspec.structs.replace(ended, train_top1=0.1, step=n * start.steps_per_epoch)
        said += [scripted.confusion(n, right=1), ended]
    return watched(*said)


@pytest.mark.parametrize(
    ("fields", "steps", "alert"),
    [
        ({}, 2, None),  # six steps after three epochs, and 80 after all
        ({}, 10, 100),
        ({}, 100, 300),
        ({"warmup": 12}, 10, 120),
        ({"schedule": "onecycle"}, 10, 120),
        ({"schedule": "onecycle"}, 1000, 3000),
    ],
)
def test_a_guess_is_told_after_a_fair_trial(
    fields: dict[str, object], steps: int, alert: int | None
) -> None:
    plain = {"epochs": 40, "schedule": "constant", "warmup": 0}
    recipe = build_recipe(settings=plain | fields)
    start = msgspec.structs.replace(scripted.started(), recipe=recipe, steps_per_epoch=steps)
    told = at_a_guess(start, 40)
    assert [one.step for one in told] == ([alert] if alert else [])


def test_a_run_resumed_after_its_trial_is_not_judged_again() -> None:
    back = events.Resumed("a2", 0, 21, step=2000)
    assert watched(*epoch(1, 0.9), *epoch(2, 0.9), *epoch(3, 0.9), back, *epoch(21, 0.1)) == []


def test_a_loss_that_explodes_is_told_once() -> None:
    [alert] = watched(*losses(2.3, 1.9, 1.5, 400.0, 9_000.0))
    assert (alert.level, alert.code, alert.step) == ("warning", "exploding", 4)
    assert "grown from 1.50 to 400" in alert.text
    assert "--set clip=1" in alert.text


@pytest.mark.parametrize(
    "values",
    [
        (2.3, 2.4, 5.0, 2.2),
        (2.3, 0.001, 0.5, 1.9),  # late in a training a bad batch is no explosion
        (400.0, 300.0, 200.0),
    ],
)
def test_a_loss_that_only_wavers_is_not(values: tuple[float, ...]) -> None:
    assert watched(*losses(*values)) == []


def test_a_gradient_that_explodes_names_the_layer() -> None:
    [alert] = watched(*gradients(2.0, 1.5, 1.8, 900.0, 5_000.0))
    assert (alert.code, alert.step) == ("exploding", 4)
    assert "from 1.80 to 900, most in conv2" in alert.text


@pytest.mark.parametrize(
    "norms",
    [(2.0, 900.0), (0.001, 0.001, 0.001, 0.9), (2.0, 1.5, 1.8, 90.0), (0.0, 0.0, 0.0, 5.0)],
)
def test_a_gradient_that_is_small_or_not_known_yet_is_not(norms: tuple[float, ...]) -> None:
    assert watched(*gradients(*norms)) == []


def test_a_rollback_forgets_what_was_usual() -> None:
    back = events.Resumed("a1", 0, 1)
    assert watched(*losses(1.5), back, *losses(400.0)) == []


def test_three_epochs_at_chance_are_told() -> None:
    [alert] = watched(*epoch(1, 0.1), *epoch(2, 0.12), *epoch(3, 0.1))
    assert (alert.code, alert.step) == ("plateau", 300)
    assert "after 3 epochs the validation accuracy is 12.0 %" in alert.text
    assert "a guess (10.0 %)" in alert.text


@pytest.mark.parametrize("accuracies", [(0.1, 0.1), (0.1, 0.3, 0.1), (0.1, 0.1, 0.2)])
def test_an_epoch_above_chance_is_enough(accuracies: tuple[float, ...]) -> None:
    said = [event for n, top1 in enumerate(accuracies, start=1) for event in epoch(n, top1)]
    assert watched(*said) == []


@pytest.mark.parametrize(("train", "alerts"), [(0.5, 1), (0.68, 0), (0.9, 1)])
def test_few_images_do_not_contradict_a_training_that_learns(train: float, alerts: int) -> None:
    counts = ((15, 5), (10, 10))  # 62.5 % of 40 images: a guess is within 50 % ± 15.8 %
    said: list[Event] = [scripted.started(("cat", "dog"))]
    for n in (1, 2, 3):
        ended = msgspec.structs.replace(long_epoch(n, 0.625), train_top1=train)
        said += [events.Confusion(n, counts), ended]
    assert len(watched(*said)) == alerts


def test_always_naming_the_most_frequent_class_is_a_guess() -> None:
    counts = ((90, 0), (10, 0))
    said = [event for n in (1, 2, 3) for event in (events.Confusion(n, counts), long_epoch(n, 0.9))]
    [alert] = watched(*said)
    assert "a guess (90.0 %)" in alert.text


def test_many_classes_are_counted_as_well() -> None:
    sparse = tuple((true, 0, 5) for true in range(200))
    said = [
        event
        for n in (1, 2, 3)
        for event in (events.Confusion(n, sparse=sparse), long_epoch(n, 0.005))
    ]
    [alert] = watched(*said)
    assert "a guess (0.5 %)" in alert.text


def test_an_engine_tells_what_its_watch_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that is told that every image is of the first class."""

    def first(self: CrossEntropy, logits: Tensor, batch: Batch) -> Tensor:
        return functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))

    monkeypatch.setattr(CrossEntropy, "__call__", first)
    attempt = Attempt(tmp_path, "stop", epochs=5)  # 110 steps
    attempt.finish()
    told = [e for e in attempt.all(events.Alert) if isinstance(e, events.Alert)]
    assert [alert.code for alert in told if alert.level == "warning"] == ["plateau"]
