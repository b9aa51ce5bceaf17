"""Starts, stops and resumes a race: its tasks wait in the queue of the runs folder."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from engine.errors import RunError
from engine.protocol import commands
from engine.queueing import queue_file, runner_start
from engine.racing import next_tasks, race_file, racing_text
from engine.racing.race import Race
from engine.racing.run_results import found_runs
from engine.run import run_liveness, spool
from engine.run.run_paths import RunDir


def start(runs_dir: Path, race: Race) -> None:
    """Queue what the race trains next, as far as it does not wait already, and start the runner.

    Raises RunError as `follow_up`, `queue_file.changed` and `ensure_runner` do.
    """
    with queue_file.changed(runs_dir) as queue:
        waiting = {task.run for task in queue.tasks}
        new = next_tasks.follow_up(runs_dir, race.label)
        queue.tasks += [task for task in new if task.run not in waiting]
    runner_start.ensure_runner(runs_dir)


def stop(runs_dir: Path, race: Race) -> list[RunDir]:
    """Stop the race and its live runs, which save; returns these. Raises RunError."""
    with queue_file.changed(runs_dir) as queue:
        race_file.write(runs_dir, replace(race, stopped=True))
        queue.tasks[:] = [task for task in queue.tasks if task.race != race.label]
    live = _live(runs_dir, race)
    for run in live:
        spool.send(run, commands.Stop)
    return live


def resume(runs_dir: Path, race: Race, now: float) -> None:
    """Go on with a race that was stopped, or whose tasks are lost; `now` is in unix seconds.

    Raises RunError as `start` does, and for a stopped race whose runs have not ended yet.
    """
    if race.stopped:
        if live := _live(runs_dir, race):
            raise RunError(racing_text.still_stopping(race.label, live[0].label))
        race_file.write(runs_dir, replace(race, stopped=False, resumed=now))
    start(runs_dir, race)


def _live(runs_dir: Path, race: Race) -> list[RunDir]:
    runs = found_runs(runs_dir, (run.run for run in race.runs)).values()
    return [run for run in runs if run_liveness.is_live(run)]
