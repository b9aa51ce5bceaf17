"""A race whose processes are killed at random moments ends as one that nobody disturbed.

`make soak` sets CNN_TUI_RACE_KILLS to a hundred.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace

from engine.checkpoints import checkpoint
from engine.queueing import queue_file
from engine.queueing.queue_dir import QueueDir
from engine.queueing.task_ends import MOST_STARTS
from engine.racing import leader_board, race_file
from engine.racing.leader_board import Standing
from engine.run import lock_owner, process_lock, run_liveness
from engine.run.run_paths import RunDir
from tests.processes import Terminal, headless, wait_for

KILLS = int(os.environ.get("CNN_TUI_RACE_KILLS", "4"))
EPOCHS = 9 + 3 * KILLS
RACE = (
    *("--arch", "lenet5", "--data", "digits", "--epochs", str(EPOCHS), "--halving"),
    *("--set", "lr=[0.002, 0.02, 0.05]", "--set", "ema=0.9", "--set", "save_every=3steps"),
    *("--set", "threads=1", "--set", "precision=float32", "--set", "memory_format=contiguous"),
)

pytestmark = pytest.mark.timeout(1200 + 60 * KILLS)


def race(*words: str) -> None:
    """`cnn-tui race WORDS` without a terminal."""
    command = headless("race", *words)
    _, errors = command.communicate()
    assert (command.returncode, errors) == (0, "")


def has_ended(runs_dir: Path) -> bool:
    ended = leader_board.board(runs_dir, race_file.find(runs_dir)).ended
    return ended and not queue_file.read(runs_dir).tasks


def runs(runs_dir: Path) -> list[RunDir]:
    return [RunDir(runs_dir / run.run) for run in race_file.find(runs_dir).runs]


def standings(runs_dir: Path) -> list[Standing]:
    """The leader board, without the time that it took."""
    found = leader_board.board(runs_dir, race_file.find(runs_dir)).standings
    timeless = {"elapsed": 0.0, "remaining": None}
    return [replace(s, rows=tuple(replace(row, **timeless) for row in s.rows)) for s in found]


def weights(run: RunDir) -> Iterator[torch.Tensor]:
    for file in ("last.pt", "best.pt"):
        training = checkpoint.load(run.checkpoints / file).training
        assert training.trained_weights is not None
        yield from training.weights.values()
        yield from training.trained_weights.values()


class Killer:
    """Kills the runner, an engine or a viewer, whatever the dice say."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir, self._dice = runs_dir, random.Random(KILLS)
        self._queue_dir = QueueDir(runs_dir)

    def strike(self) -> None:
        time.sleep(self._dice.uniform(0, 1.5))  # not to wait for something: the moment is the point
        match self._dice.choice(["runner", "engine", "both", "viewer"]):
            case "runner":
                self._kill_runner()
            case "engine":
                self._kill_engine()
            case "both":
                self._kill_runner()
                self._kill_engine()
            case "viewer":
                self._kill_viewer()

    def _kill_runner(self) -> None:
        lock = self._queue_dir.runner_lock
        if process_lock.is_held(lock):
            owner = lock_owner.owner_in(lock)
            self._kill(owner.pid if owner is not None else 0)
        race("resume", "--runs-dir", str(self._runs_dir))

    def _kill_engine(self) -> None:
        """Kill the engine, unless that would be so often at one checkpoint that it counts."""
        begun = [task for task in queue_file.read(self._runs_dir).tasks if task.begun is not None]
        for task in begun:
            run = RunDir(self._runs_dir / task.run)
            owner = lock_owner.read_owner(run)
            often = task.begun is None or task.begun.starts >= MOST_STARTS - 1
            if owner is not None and not often and run_liveness.is_live(run):
                self._kill(owner.pid)

    def _kill_viewer(self) -> None:
        live = [run for run in runs(self._runs_dir) if run_liveness.is_live(run)]
        if live:
            viewer = Terminal("attach", str(live[0].path))
            time.sleep(self._dice.uniform(0, 1))
            viewer.kill()

    def _kill(self, pid: int) -> None:
        if pid:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, signal.SIGKILL)


def test_a_race_killed_at_random_moments_equals_one_that_was_not(tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    race(*RACE, "--runs-dir", str(whole))
    wait_for(lambda: has_ended(whole))
    race(*RACE, "--runs-dir", str(torn))
    killer = Killer(torn)
    strikes = 0
    while strikes < KILLS and not has_ended(torn):
        killer.strike()
        strikes += 1
    assert strikes > KILLS / 2, "the race has ended too early for this test"
    race("resume", "--runs-dir", str(torn))
    wait_for(lambda: has_ended(torn))
    assert standings(torn) == standings(whole)
    states = [row.state for standing in standings(torn) for row in standing.rows]
    assert states == ["done", "dropped", "dropped"]
    for one, other in zip(runs(torn), runs(whole), strict=True):
        assert all(map(torch.equal, weights(one), weights(other)))
        assert one.predictions.read_bytes() == other.predictions.read_bytes()
