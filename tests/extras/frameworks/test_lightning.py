"""A training of the real Lightning, by either of its packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.protocol import commands, events
from tests.extras.frameworks.framework_trainings import SCRIPTS, Training, has, of

pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(not has(".venv-lightning"), reason="make test-extras makes its environment"),
]
STEPS, VALIDATED = 8, 64


def squares(folder: Path, *arguments: str, package: str = "lightning.pytorch") -> Training:
    script = SCRIPTS / "lightning_squares.py"
    return Training(folder, ".venv-lightning", script, package, *arguments)


def printed(training: Training) -> dict[str, Any]:
    """What the script has printed at its end."""
    assert training.end() == 0, training.said()
    [line] = [line for line in training.said().splitlines() if line.startswith('{"rates"')]
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_the_journal_has_lightnings_own_numbers(package: str, tmp_path: Path) -> None:
    training = squares(tmp_path, package=package)
    said, told = printed(training), training.events()
    [started] = of(events.RunStarted, told)
    assert started.watched is not None
    assert started.watched.framework.startswith("Lightning 2.6.6 on PyTorch")
    assert started.watched.settings["lr"] == 0.01
    assert (started.steps_per_epoch, started.planned_steps) == (STEPS, 2 * STEPS)
    first, last = of(events.EpochEnded, told)
    assert (first.step, last.step) == (STEPS, 2 * STEPS)
    assert last.train_loss == pytest.approx(said["numbers"]["train_loss_epoch"], rel=1e-4)
    assert last.loss == pytest.approx(said["numbers"]["val_loss"], rel=1e-5)
    assert last.top1 == pytest.approx(said["numbers"]["val_acc"])
    assert last.scalars == {"val_spread": pytest.approx(said["numbers"]["val_spread"], rel=1e-5)}
    for report in of(events.Steps, told):
        assert report.lr == pytest.approx(said["rates"][report.step - 1], rel=1e-5)
    assert of(events.RunEnded, told)[-1].reason == "done"


@pytest.mark.parametrize(("network", "prefix"), [("", "net."), ("net", "")])
def test_the_module_is_looked_into(network: str, prefix: str, tmp_path: Path) -> None:
    training = squares(tmp_path, "--network", network)
    printed(training)
    told = training.events()
    [started] = of(events.RunStarted, told)
    rows = [(row.name.removeprefix(prefix), row.output) for row in started.layers]
    assert rows == [("0", (8, 16, 16)), ("1", (8, 16, 16)), ("3", (2048,)), ("4", (4,))]
    [*_, matrix] = of(events.Confusion, told)
    [*_, ended] = of(events.EpochEnded, told)
    assert sum(map(sum, matrix.counts)) == VALIDATED
    assert sum(matrix.counts[k][k] for k in range(4)) / VALIDATED == pytest.approx(ended.top1)
    assert {one.layer for one in of(events.FeatureMaps, told)} == {f"{prefix}0"}


def test_the_sanity_check_is_no_validation(tmp_path: Path) -> None:
    training = squares(tmp_path, "--epochs", "1")
    printed(training)
    told = training.events()
    assert len(of(events.Confusion, told)) == len(of(events.EpochEnded, told)) == 1


def test_steps_are_those_of_the_optimizer(tmp_path: Path) -> None:
    training = squares(tmp_path, "--trainer", '{"accumulate_grad_batches": 3}')
    said, told = printed(training), training.events()
    [started] = of(events.RunStarted, told)
    assert started.steps_per_epoch == 3
    assert [one.step for one in of(events.EpochEnded, told)] == [3, 6]
    assert said["step"] == 6


def test_a_validation_within_an_epoch_is_told_at_its_step(tmp_path: Path) -> None:
    training = squares(tmp_path, "--epochs", "1", "--trainer", '{"val_check_interval": 0.5}')
    printed(training)
    ended = of(events.EpochEnded, training.events())
    assert [(one.epoch, one.step) for one in ended] == [(1, STEPS // 2), (1, STEPS)]


def test_an_epoch_without_validation_tells_no_old_results(tmp_path: Path) -> None:
    training = squares(tmp_path, "--trainer", '{"check_val_every_n_epoch": 2}')
    printed(training)
    first, second = of(events.EpochEnded, training.events())
    assert not isinstance(first.loss, float)
    assert isinstance(second.loss, float)


def test_keys_are_obeyed(tmp_path: Path) -> None:
    training = squares(tmp_path, "--epochs", "1000", "--trainer", '{"min_epochs": 900}')
    training.wait_for(events.EpochEnded)
    training.send(commands.Pause)
    paused = training.wait_for(events.Phase, lambda phase: phase.name == "paused")
    maps = training.reply(training.send(commands.Inspect, kind="maps", layer="net.0"))
    assert isinstance(maps, events.FeatureMaps)
    images = training.reply(training.send(commands.Inspect, kind="augmented"))
    assert isinstance(images, events.Augmented)
    training.send(commands.Steer, scale=0.5)
    steered = training.wait_for(events.Steered)
    training.send(commands.Checkpoint)
    saved = training.wait_for(events.Checkpointed)
    assert saved.step == steered.step == paused.step
    assert (training.run().checkpoints / saved.file).stat().st_size == saved.bytes
    training.send(commands.Continue)
    later = training.wait_for(events.EpochEnded, lambda one: one.step > paused.step + STEPS)
    assert later.lr == pytest.approx(0.005 * 0.99 ** (later.step - 1), rel=1e-4)
    training.send(commands.Stop, save=False)
    assert printed(training)["step"] < 900 * STEPS
    assert of(events.RunEnded, training.events())[-1].reason == "stopped"


def test_another_total_of_epochs_is_obeyed(tmp_path: Path) -> None:
    training = squares(tmp_path, "--epochs", "100000")
    training.wait_for(events.EpochEnded)
    training.send(commands.Pause)
    training.wait_for(events.Phase, lambda phase: phase.name == "paused")
    [*_, last] = of(events.EpochEnded, training.events())
    training.send(commands.Steer, epochs=last.epoch + 3)
    training.send(commands.Continue)
    assert printed(training)["step"] == (last.epoch + 3) * STEPS
    assert of(events.RunEnded, training.events())[-1].reason == "done"


def test_each_fit_is_a_run_and_a_resumed_one_goes_on_with_its_steps(tmp_path: Path) -> None:
    training = squares(tmp_path, "--fits", "2", "--resume")
    printed(training)
    ends = [(one.epoch, one.step) for one in of(events.EpochEnded, training.events(2))]
    assert ends == [(3, 3 * STEPS), (4, 4 * STEPS)]


@pytest.mark.parametrize(
    ("failure", "reason", "error"),
    [("arithmetic", "failed", "ArithmeticError: no"), ("interrupt", "stopped", "")],
)
def test_what_ends_a_fit_is_told(failure: str, reason: str, error: str, tmp_path: Path) -> None:
    training = squares(tmp_path, "--fail", failure)
    assert training.end() != 0
    ended = of(events.RunEnded, training.events())[-1]
    assert (ended.reason, ended.error) == (reason, error)


def test_a_fast_dev_run_makes_no_run(tmp_path: Path) -> None:
    training = squares(tmp_path, "--trainer", '{"fast_dev_run": true}')
    printed(training)
    assert not (tmp_path / "runs").exists()


def test_all_ranks_pause_save_and_stop_together(tmp_path: Path) -> None:
    ranks = '{"devices": 2, "strategy": "ddp", "use_distributed_sampler": true}'
    training = squares(tmp_path, "--epochs", "1000", "--trainer", ranks)
    training.wait_for(events.EpochEnded)
    training.send(commands.Pause)
    training.wait_for(events.Phase, lambda phase: phase.name == "paused")
    training.send(commands.Checkpoint)
    training.wait_for(events.Checkpointed)
    training.send(commands.Continue)
    training.send(commands.Stop, save=False)
    printed(training)
    told = training.events()
    assert of(events.RunEnded, told)[-1].reason == "stopped"
    assert sum(map(sum, of(events.Confusion, told)[-1].counts)) == VALIDATED
    assert len(list((tmp_path / "runs").glob("*-*"))) == 1
