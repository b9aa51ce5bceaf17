"""Starts, stops and resumes a race: its tasks wait in the queue of the runs folder."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable
from pathlib import Path

from msgspec.structs import replace

from engine.errors import EngineError, RunError
from engine.protocol import commands
from engine.queueing import queue_file, runner_start
from engine.queueing.task import Queue
from engine.racing import next_tasks, race_file, racing_text
from engine.racing.race import Race
from engine.racing.race_results import read_results
from engine.racing.run_results import found_runs
from engine.run import run_liveness, spool
from engine.run.run_paths import RunDir


def start(runs_dir: Path, label: str) -> None:
    """Queue what the race trains next, as far as it does not wait already, and start the runner.

    Raises RunError as `follow_up`, `queue_file.changed` and `ensure_runner` do.
    """
    with queue_file.changed(runs_dir) as queue:
        _queue_next(runs_dir, label, queue)
    runner_start.ensure_runner(runs_dir)


def _queue_next(runs_dir: Path, label: str, queue: Queue) -> None:
    waiting = {task.run for task in queue.tasks}
    new = next_tasks.follow_up(runs_dir, label)
    queue.tasks += [task for task in new if task.run not in waiting]


def follow(runs_dir: Path, label: str) -> None:
    """Queue what the race trains next if its last task has left the queue. Raises as `start`."""
    with queue_file.changed(runs_dir) as queue:
        if all(task.race != label for task in queue.tasks):
            _queue_next(runs_dir, label, queue)


def follow_all(runs_dir: Path) -> list[str]:
    """As `follow`, for each race; returns what is wrong with those that cannot be asked.

    Raises RunError if the races cannot be listed.
    """
    faults = []
    for label in reversed(race_file.labels(runs_dir)):
        try:
            follow(runs_dir, label)
        except EngineError as error:
            faults.append(str(error))
    return faults


def stop(runs_dir: Path, label: str) -> list[RunDir]:
    """Stop the race and the runs of it that train, which save; returns these. Raises RunError.

    Their tasks stay in the queue until they have ended. An engine that has only just been started
    hears it from the `RaceRunner`.
    """
    with queue_file.changed(runs_dir) as queue:
        began = {task.run for task in queue.tasks if task.trains}
        race = race_file.change(runs_dir, label, lambda race: _stopped(runs_dir, race, began))
        queue.tasks[:] = [task for task in queue.tasks if task.race != label or task.trains]
    training = _training(runs_dir, race, began)
    tell_to_stop(training.values())
    return [*training.values()]


def _stopped(runs_dir: Path, race: Race, began: Collection[str]) -> Race:
    halted = dict.fromkeys(_training(runs_dir, race, began), 0)
    return replace(race, stopped=True, halted={**race.halted, **halted})


def resume(runs_dir: Path, label: str) -> None:
    """Go on with a race that was stopped, or whose tasks are lost.

    Raises RunError as `start` does, and for a stopped race whose runs have not ended yet.
    """
    if race_file.read(runs_dir, label).stopped:
        race_file.change(runs_dir, label, lambda race: _resumed(runs_dir, race))
    start(runs_dir, label)


def _resumed(runs_dir: Path, race: Race) -> Race:
    if live := _training(runs_dir, race, ()):
        raise RunError(racing_text.still_stopping(race.label, next(iter(live.values())).label))
    results = read_results(runs_dir, race)
    known = {run: seq for run, seq in race.halted.items() if run in results}
    halted = {run: seq or results[run].stopped for run, seq in known.items()}
    return replace(race, stopped=False, halted={run: seq for run, seq in halted.items() if seq})


def _training(runs_dir: Path, race: Race, began: Collection[str]) -> dict[str, RunDir]:
    """The runs of a race that are live, or have begun as the queue says, by the file's labels."""
    found = found_runs(runs_dir, (run.run for run in race.runs))
    return {
        label: run
        for label, run in found.items()
        if run.label in began or run_liveness.is_live(run)
    }


def tell_to_stop(runs: Iterable[RunDir]) -> list[RunDir]:
    """Send Stop to the engines of these runs, as far as they are there; returns those."""
    told = []
    for run in runs:
        with contextlib.suppress(RunError):
            spool.send(run, commands.Stop)
            told.append(run)
    return told
