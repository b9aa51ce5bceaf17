"""A training of the real Keras, on each of its backends."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from engine.protocol import commands, events
from tests.extras.frameworks.framework_trainings import SCRIPTS, Training, has, of

pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(not has(".venv-keras"), reason="make test-extras makes its environment"),
]
BACKENDS = ("tensorflow", "jax", "torch")
TITLES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
IMAGES, STEPS, VALIDATED = 256, 8, 64


def squares(folder: Path, *arguments: str) -> Training:
    return Training(folder, ".venv-keras", SCRIPTS / "keras_squares.py", *arguments)


def printed(training: Training) -> dict[str, Any]:
    """What the script has printed at its end."""
    assert training.end() == 0, training.said()
    found: dict[str, Any] = json.loads(training.said().splitlines()[-1])
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_journal_has_keras_own_numbers(backend: str, tmp_path: Path) -> None:
    training = squares(tmp_path, backend)
    said, told = printed(training), training.events()
    [started] = of(events.RunStarted, told)
    assert started.watched is not None
    assert TITLES[backend] in started.watched.framework
    assert (started.steps_per_epoch, started.planned_steps) == (STEPS, 2 * STEPS)
    ended = of(events.EpochEnded, told)
    history = said["history"]
    assert [one.train_loss for one in ended] == pytest.approx(history["loss"], rel=1e-5)
    assert [one.loss for one in ended] == pytest.approx(history["val_loss"], rel=1e-5)
    assert [one.top1 for one in ended] == pytest.approx(history["val_accuracy"])
    assert [one.lr for one in ended] == pytest.approx([0.01, 0.005])
    assert of(events.RunEnded, told)[-1].reason == "done"
    assert said["torch"] == (backend == "torch")


@pytest.mark.parametrize("backend", BACKENDS)
def test_reports_are_means_over_their_steps_and_not_over_the_epoch(
    backend: str, tmp_path: Path
) -> None:
    training = squares(tmp_path, backend)
    history, told = printed(training)["history"], training.events()
    for epoch in (1, 2):
        reports = [one for one in of(events.Steps, told) if one.epoch == epoch]
        ends = [STEPS * (epoch - 1), *(one.step for one in reports)]
        assert ends[-1] == STEPS * epoch
        lengths = [after - before for before, after in itertools.pairwise(ends)]
        total = sum(float(one.loss or 0) * n for one, n in zip(reports, lengths, strict=True))
        assert total / STEPS == pytest.approx(history["loss"][epoch - 1], rel=1e-4)


def test_the_model_is_looked_into(tmp_path: Path) -> None:
    training = squares(tmp_path, "jax")
    printed(training)
    told = training.events()
    [started] = of(events.RunStarted, told)
    rows = [(row.name, row.output, row.parameters) for row in started.layers]
    assert rows[0] == ("conv2d_1", (4, 16, 16), 112)
    assert ("inner/conv2d", (8, 7, 7), 296) in rows
    assert started.input == (3, 16, 16)
    matrix = of(events.Confusion, told)[-1].counts
    top1 = of(events.EpochEnded, told)[-1].top1
    assert sum(map(sum, matrix)) == VALIDATED
    assert sum(matrix[k][k] for k in range(4)) / VALIDATED == pytest.approx(top1)
    maps = {one.layer: one.shape for one in of(events.FeatureMaps, told)}
    assert maps == {"conv2d_1": (4, 16, 16), "inner/conv2d": (8, 7, 7)}


@pytest.mark.parametrize("backend", BACKENDS)
def test_keys_are_obeyed(backend: str, tmp_path: Path) -> None:
    training = squares(tmp_path, backend, "--epochs", "100000")
    training.wait_for(events.EpochEnded)
    training.send(commands.Pause)
    paused = training.wait_for(events.Phase, lambda phase: phase.name == "paused")
    maps = training.reply(training.send(commands.Inspect, kind="maps", layer="inner/conv2d"))
    assert isinstance(maps, events.FeatureMaps)
    assert len(maps.maps) == 8
    kernels = training.reply(training.send(commands.Inspect, kind="kernels"))
    assert isinstance(kernels, events.Kernels)
    assert kernels.shape == (4, 3, 3, 3)
    examples = training.reply(training.send(commands.Inspect, kind="images", images=(0, 5)))
    assert isinstance(examples, events.Examples)
    training.send(commands.Steer, scale=0.5)
    steered = training.wait_for(events.Steered)
    assert steered.factor == pytest.approx(0.5)
    training.send(commands.Checkpoint)
    saved = training.wait_for(events.Checkpointed)
    assert saved.step == paused.step
    assert (training.run().checkpoints / saved.file).stat().st_size == saved.bytes
    training.send(commands.Continue)
    later = training.wait_for(events.EpochEnded, lambda one: one.step > paused.step + STEPS)
    assert later.lr == pytest.approx(0.005 / later.epoch, rel=1e-5)
    training.send(commands.Stop, save=False)
    assert printed(training)["rates"]
    assert of(events.RunEnded, training.events())[-1].reason == "stopped"


def test_a_rate_that_keras_computes_is_told_as_used_and_not_steered(tmp_path: Path) -> None:
    training = squares(tmp_path, "tensorflow", "--rate", "schedule")
    rates, told = printed(training)["rates"], training.events()
    [started] = of(events.RunStarted, told)
    assert started.watched is not None
    assert "LearningRateSchedule" in started.watched.refusals["Steer"]
    for report in of(events.Steps, told):
        assert report.lr == pytest.approx(rates[report.step - 1], rel=1e-5)


def test_an_exception_ends_the_run_as_failed(tmp_path: Path) -> None:
    training = squares(tmp_path, "torch", "--fail")
    assert training.end() != 0
    ended = of(events.RunEnded, training.events())[-1]
    assert (ended.reason, ended.error) == ("failed", "ArithmeticError: nothing goes")


def test_a_validation_loss_that_is_nan_is_told_and_fails_nothing(tmp_path: Path) -> None:
    training = squares(tmp_path, "jax", "--nan")
    printed(training)
    ended = of(events.EpochEnded, training.events())
    assert [(one.loss, one.best) for one in ended] == [(None, False)] * 2


def test_images_that_the_model_cannot_take_cost_one_sentence(tmp_path: Path) -> None:
    training = squares(tmp_path, "jax", "--shown", "12")
    printed(training)
    told = training.events()
    [alert] = of(events.Alert, told)
    assert "pass data=" in alert.text
    assert len(of(events.EpochEnded, told)) == 2
    assert of(events.RunEnded, told)[-1].reason == "done"


def test_what_was_not_measured_is_not_told(tmp_path: Path) -> None:
    training = squares(tmp_path, "torch", "--epochs", "1")
    printed(training)
    [ended] = of(events.EpochEnded, training.events())
    assert ended.top5 is UNSET
    assert not of(events.LayerHealth, training.events())
