"""The process of a queue, killed as its engines are, trains what an undisturbed one trains.

`make soak` sets CNN_TUI_QUEUE_KILLS to a hundred.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.protocol import events
from engine.protocol.commands import Stop
from engine.queueing import queue_edits, queue_file, runner_lock, runner_start
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import ended_since
from engine.queueing.task import Task
from engine.recipes.recipe_building import build_recipe
from engine.run import lock_owner, run_liveness, run_lock, spool
from engine.run.run_paths import RunDir
from engine.start import launch, resume
from tests.forked_engines import ForkServer, new_run
from tests.processes import LiveJournal, events_of, start_process, wait_for
from tests.test_kills import SAVING, results
from tests.test_until import assert_equal_weights

KILLS = int(os.environ.get("CNN_TUI_QUEUE_KILLS", "4"))
TRAIN = {**SAVING, "device": "cpu", "epochs": 4 + KILLS, "plateau": True}
# The runner gives up a run whose engines die more often without a new checkpoint.
MOST_UNSAVED = 3


def queued(runs_dir: Path, **flags: object) -> RunDir:
    """A run that waits for its first engine."""
    claim = launch.create(build_recipe(flags={**TRAIN, **flags}), runs_dir)
    run_lock.release(claim)
    return claim.run


def start_runner(runs_dir: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "engine", "--queue", str(runs_dir)]
    log = QueueDir(runs_dir).runner_log
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return start_process(*command, stdout=output, stderr=output, start_new_session=True)


def ends(runs_dir: Path) -> list[tuple[str, str, str]]:
    return [(e.run, e.state, e.error) for e in ended_since(QueueDir(runs_dir), 0)]


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Killer:
    """Kills the runner or an engine at random moments, until the queue is empty."""

    def __init__(self, runs_dir: Path, runs: list[RunDir]) -> None:
        self._runs_dir, self._runs = runs_dir, runs
        self._dice = random.Random(KILLS)
        self._runner = start_runner(runs_dir)
        self.kills, self._unsaved = {"runner": 0, "engine": 0}, 0

    def work(self) -> None:
        while sum(self.kills.values()) < KILLS and queue_file.read(self._runs_dir).tasks:
            if self._runner.poll() is not None:
                self._runner = start_runner(self._runs_dir)
            time.sleep(self._dice.uniform(0, 3))  # the moment is the point
            if self._dice.random() < 0.4:
                self._runner.kill()
                self._runner.wait()
                self.kills["runner"] += 1
            else:
                self._kill_engine()
        wait_for(self._is_done)

    def _is_done(self) -> bool:
        if self._runner.poll() is not None and queue_file.read(self._runs_dir).tasks:
            self._runner = start_runner(self._runs_dir)
        return self._runner.poll() is not None

    def _kill_engine(self) -> None:
        live = next((run for run in self._runs if run_liveness.is_live(run)), None)
        owner = lock_owner.read_owner(live) if live is not None else None
        if live is None or owner is None or not owner.pid:
            return
        before = self._saved(live)
        if self._unsaved >= MOST_UNSAVED:
            wait_for(lambda: self._saved(live) > before or not run_liveness.is_live(live))
        kill(owner.pid)
        self.kills["engine"] += 1
        self._unsaved = 0 if self._saved(live) > before else self._unsaved + 1

    def _saved(self, run: RunDir) -> int:
        save = resume.last_save(run)
        return save.seq if save is not None else 0


@pytest.mark.timeout(1200 + 60 * KILLS)
def test_kills_of_runner_and_engines_change_nothing(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    whole = new_run(tmp_path / "whole", TRAIN)
    assert fork_server.start(whole).wait() == 0
    runs_dir = tmp_path / "runs"
    torn, rested = queued(runs_dir), queued(runs_dir)
    with queue_file.changed(runs_dir) as queue:
        queue.tasks = [Task(torn.label), Task(rested.label, until=2)]
    killer = Killer(runs_dir, [torn, rested])
    killer.work()
    assert ends(runs_dir) == [(torn.label, "done", ""), (rested.label, "rested", "")]
    with queue_file.changed(runs_dir) as queue:
        queue.tasks = [Task(rested.label)]
    assert start_runner(runs_dir).wait() == 0
    assert ends(runs_dir)[2:] == [(rested.label, "done", "")]
    for run in (torn, rested):
        assert results(run) == results(whole)
        assert_equal_weights(run, whole)


def test_the_end_of_a_run_is_told_once_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a rest nor the death of an engine that is started again is an end."""
    told, go_on = tmp_path / "told", tmp_path / "go-on"
    waits = f"while [ ! -e {go_on} ]; do sleep 0.05; done; echo over >> {told}"
    tells = f'echo "$(basename $CNN_TUI_RUN) $CNN_TUI_STATE" >> {told}'
    monkeypatch.setenv("CNN_TUI_ON_END", f"sh -c '{tells}; {waits}'")
    runs_dir = tmp_path / "runs"
    rests, stops, trains = (queued(runs_dir, epochs=count) for count in (2, 1000, 1))
    with queue_file.changed(runs_dir) as queue:
        queue.tasks = [Task(rests.label, until=1), Task(stops.label), Task(trains.label)]
    runner = start_runner(runs_dir)
    journal = LiveJournal(stops.journal)
    wait_for(lambda: journal.count(events.RunStarted) == 1, runner)
    owner = lock_owner.read_owner(stops)
    assert owner is not None
    kill(owner.pid)
    wait_for(lambda: journal.count(events.RunStarted) == 2, runner)
    spool.send(stops, Stop)
    assert runner.wait() == 0, "the commands still run"
    states = [(rests.label, "rested"), (stops.label, "stopped"), (trains.label, "done")]
    assert [(label, state) for label, state, _ in ends(runs_dir)] == states
    wait_for(lambda: len(told.read_text().splitlines()) == 2)
    assert told.read_text() == f"{stops.label} stopped\n{trains.label} done\n"
    go_on.touch()
    wait_for(lambda: told.read_text().count("over") == 2)


def test_of_two_runners_the_second_ends_at_once_and_says_so(tmp_path: Path) -> None:
    queue_edits.pause(tmp_path)
    lock = runner_lock.acquire(tmp_path)
    second = start_runner(tmp_path)
    assert second.wait() == 1
    said = QueueDir(tmp_path).runner_log.read_text()
    assert said.startswith("cnn-tui: another process works through the queue of ")
    os.close(lock)
    assert start_runner(tmp_path).wait() == 0, "nothing is left to do"


def test_the_runner_outlives_who_starts_it_and_leaves_its_lock_to_no_engine(
    tmp_path: Path,
) -> None:
    """An engine that held it would keep another runner from starting."""
    run = queued(tmp_path, epochs=1000)
    queue_edits.add(tmp_path, [Task(run.label)])
    wait_for(lambda: LiveJournal(run.journal).count(events.Steps) > 0)
    owner = lock_owner.owner_in(QueueDir(tmp_path).runner_lock)
    assert owner is not None
    assert os.getsid(owner.pid) == owner.pid != os.getsid(0)
    kill(owner.pid)
    wait_for(lambda: not runner_lock.is_working(tmp_path))
    assert run_liveness.is_live(run)
    runner_start.ensure_runner(tmp_path)
    assert runner_lock.is_working(tmp_path)
    spool.send(run, Stop)
    wait_for(lambda: not runner_lock.is_working(tmp_path))
    assert ends(tmp_path) == [(run.label, "stopped", "")]


def test_a_signal_for_all_processes_keeps_the_run_in_the_queue(tmp_path: Path) -> None:
    """As when the machine is shut down: runner and engine are told to end."""
    run = queued(tmp_path, epochs=1000)
    with queue_file.changed(tmp_path) as queue:
        queue.tasks = [Task(run.label)]
    runner = start_runner(tmp_path)
    wait_for(lambda: LiveJournal(run.journal).count(events.Steps) > 0, runner)
    engine = lock_owner.read_owner(run)
    assert engine is not None
    for pid in (engine.pid, runner.pid):
        os.kill(pid, signal.SIGTERM)
    assert runner.wait() == 143
    wait_for(lambda: not run_liveness.is_live(run))
    last = events_of(run)[-1]
    assert isinstance(last, events.RunEnded)
    assert last.reason == "stopped"
    queue_edits.pause(tmp_path)
    assert start_runner(tmp_path).wait() == 0
    (task,) = queue_file.read(tmp_path).tasks
    assert (task.run, task.begun) == (run.label, None)
