"""`cnn-tui race` starts races, shows them, stops them and goes on with them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from engine.protocol import commands
from engine.queueing import queue_file, runner_lock, runner_start
from engine.racing import next_tasks, race_file
from engine.run import run_creation, run_lock, spool
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from tests import races
from tui.cli.command_line import main
from tui.drawing import race_rows_text

RUNS = Path("runs")
NEW = ("--arch", "lenet5", "--data", "digits", "--epochs", "9", "--set", "lr=[0.01, 0.1]")


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders whose runner was started; none works."""
    folders: list[Path] = []
    monkeypatch.setattr(runner_start, "ensure_runner", folders.append)
    return folders


def race(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["race", *arguments])


def lines(*arguments: str) -> list[str]:
    found = race(*arguments)
    assert found.exit_code == 0, found.output
    return [line.rstrip() for line in found.stdout.splitlines()]


def waiting() -> list[str]:
    return [task.run for task in queue_file.read(RUNS).tasks]


def test_a_new_race_waits_in_the_queue_and_is_shown(started: list[Path]) -> None:
    runner = runner_lock.acquire(RUNS)
    assert lines(*NEW) == [
        "1-digits: grid, 0 of 2 runs have ended; 0.0 s used",
        "    recipe    top-1   runs     epochs    time",
        "─────────────────────────────────────────────",
        "1   lr=0.01           queued      0/9   0.0 s",
        "2   lr=0.1            queued      0/9   0.0 s",
        "The race goes on without this terminal: `cnn-tui race 1-digits` shows it, and "
        "`cnn-tui race stop 1-digits` ends it.",
    ]
    assert waiting() == ["1-lenet5-digits-lr0.01", "2-lenet5-digits-lr0.1"]
    assert started == [RUNS]
    os.close(runner)
    assert "nothing works through the queue" in lines()[0]


def test_the_seeds_of_a_recipe_are_one_row_and_the_best_is_named() -> None:
    lines(*NEW, "--seeds", "2")
    for run, top1 in zip(race_file.find(RUNS).runs, [0.5, 0.6, 0.8, 0.9], strict=True):
        races.trained(RUNS, run.run, top1, races.EPOCHS)
    assert lines() == [
        "1-digits: grid, 4 of 4 runs have ended; 44 s used; ended",
        "    recipe    top-1     ±   runs   epochs   time",
        "────────────────────────────────────────────────",
        "1   lr=0.1     85.0   7.1   done      9/9   22 s",
        "2   lr=0.01    55.0   7.1   done      9/9   22 s",
        "Best: lr=0.1 with 85.0 % ± 7.1 %.",
        race_rows_text.STILL_RISING,
        "To compare it with the next one, lr=0.01: `cnn-tui compare 3 4 1 2`",
    ]


def test_the_epochs_of_a_recipe_are_the_mean_of_its_seeds() -> None:
    """Those of the seed that has come least far would say nothing of the others."""
    lines(*NEW, "--seeds", "2")
    races.trained(RUNS, race_file.find(RUNS).runs[0].run, 0.5, races.EPOCHS)
    assert "1 done, 1 queued    4.5/9" in lines()[3]


def test_a_run_that_is_not_made_yet_has_no_plan() -> None:
    lines(*NEW)
    made = race_file.find(RUNS)
    race_file.write(RUNS, replace(made, made=1))
    shutil.rmtree(RUNS / made.runs[1].run)
    assert [row.split()[2:4] for row in lines()[3:5]] == [["queued", "0/9"], ["queued", "0.0"]]


def test_the_board_says_which_runs_are_gone_and_what_they_had_reached() -> None:
    lines(*NEW)
    first, second = (run.run for run in race_file.find(RUNS).runs)
    races.trained(RUNS, first, 0.9, races.EPOCHS)
    races.trained(RUNS, second, 0.5, races.EPOCHS)
    assert next_tasks.follow_up(RUNS, "1-digits") == []
    shutil.rmtree(RUNS / first)
    gone = f"Without a folder now: {first}."
    assert lines()[-3:-1] == [gone, "Best: lr=0.01 with 90.0 %."]


def test_curves_that_no_longer_rise_are_not_doubted() -> None:
    lines(*NEW)
    for run in race_file.find(RUNS).runs:
        races.trained(RUNS, run.run, 0.9, races.EPOCHS, best_epoch=races.EPOCHS - 1)
    assert lines()[-2] == "Best: lr=0.01 with 90.0 %."


def test_the_board_says_why_runs_have_failed() -> None:
    lines(*NEW)
    for run in race_file.find(RUNS).runs:
        races.failed(RUNS, run.run)
    assert lines()[-1] == "2 runs failed, as 1-lenet5-digits-lr0.01: the loss is not a number."


def test_a_race_waits_where_the_queue_is_paused() -> None:
    with queue_file.changed(RUNS) as queue:
        queue.paused = "paused by hand."
    first, *_, last = lines(*NEW)
    assert first.endswith("0 of 2 runs have ended; 0.0 s used; the queue is paused by hand.")
    assert last.startswith("The race waits, since the queue is paused: `cnn-tui queue continue`")


def test_the_best_of_a_race_that_was_stopped_is_the_best_so_far() -> None:
    lines(*NEW)
    races.trained(RUNS, race_file.find(RUNS).runs[0].run, 0.5, 3)
    lines("stop")
    assert lines()[-1] == "Best so far: lr=0.01 with 16.7 %."


def test_a_script_gets_the_whole_board() -> None:
    made = json.loads(
        race(*NEW, "--halving", "--budget", "1h30m", "--name", "nets", "--json").stdout
    )
    assert made["race"]["label"] == "1-nets"
    assert made["race"]["budget"] == 5400.0
    assert made == json.loads(race("nets", "--json").stdout)
    assert [row["state"] for each in made["standings"] for row in each["rows"]] == ["queued"] * 2
    stopped = json.loads(race("stop", "--json").stdout)
    assert stopped["race"]["stopped"]
    assert stopped["ended"]


def test_a_race_that_is_stopped_trains_nothing_until_it_is_resumed(
    monkeypatch: pytest.MonkeyPatch, started: list[Path]
) -> None:
    lines(*NEW)
    live = RunDir(RUNS / race_file.find(RUNS).runs[0].run)
    claim = Claim(live, run_lock.acquire(live))
    told: list[tuple[RunDir, object]] = []
    monkeypatch.setattr(spool, "send", lambda run, command: told.append((run, command)))
    assert lines("stop") == [
        "The race 1-digits is stopped: its run saves and stops; "
        "`cnn-tui race resume 1-digits` goes on."
    ]
    assert told == [(live, commands.Stop)]
    assert waiting() == []
    assert (
        "still stopping: try again when 1-lenet5-digits-lr0.01 has ended" in race("resume").stderr
    )
    run_lock.release(claim)
    assert "0 of 2 runs have ended" in lines("resume", "digits")[0]
    assert len(waiting()) == 2
    assert len(started) == 2


def test_resuming_queues_nothing_twice() -> None:
    lines(*NEW)
    lines("resume")
    assert len(waiting()) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "holds no race yet: start one"),
        (["stop", "resume", "x"], "name one race"),
        (["nets", *NEW], "leave its name out, or the options of a new one"),
        ([*NEW, "--budget", "soon"], "soon"),
        ([*NEW, "--sampler", "tpe"], "--trials N"),
        ([*NEW, "--seeds", "501"], "this race is 1,002 runs: add --yes"),
        ([*NEW, "--set", "batch=64,128"], r"--set 'batch=[0.05, 0.1]'"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.racing.tree_sampler.check_installed", lambda: None)
    found = race(*arguments)
    assert found.exit_code in (1, 2)
    assert sentence in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert not list(RUNS.glob("[0-9]*"))


def test_a_race_without_optuna_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.racing.tree_sampler.find_spec", lambda name: None)
    found = race(*NEW, "--sampler", "tpe", "--trials", "2")
    assert found.exit_code == 2
    assert "pip install optuna" in found.stderr


def test_a_label_that_is_claimed_is_that_of_the_folder(tmp_path: Path) -> None:
    labels = run_creation.claim_labels(tmp_path, ["a", "b"])
    assert labels == ["1-a", "2-b"]
    assert run_creation.create_labelled(tmp_path, "2-b", "").run.label == "2-b"
    assert run_creation.create(tmp_path, "c", "").run.label == "3-c"
