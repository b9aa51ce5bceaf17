"""Takes a run out of its race, or out of the queue, and so out of its race, too.

As a run that somebody has stopped, it goes on only if resumed.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from msgspec.structs import replace

from engine.errors import RunError
from engine.queueing import queue_file, queue_labels, queued_runs, runner_start
from engine.racing import leader_board, race_control, race_file, racing_text
from engine.racing.race import Race
from engine.racing.run_results import found_runs
from engine.run.run_paths import RunDir


def drop(runs_dir: Path, label: str, run: str) -> None:
    """Stop a run of this race that trains, saved; let one that waits, anywhere, never train.

    Where the race waited for this run alone, what it trains next is queued. Raises RunError for a
    run that trains no more, and as `race_control.start`.
    """
    with queue_file.changed(runs_dir) as queue:
        race = race_file.read(runs_dir, label)
        planned = _planned_label(runs_dir, race, run)
        if planned is None or not _is_under_way(runs_dir, race, run):
            raise RunError(racing_text.cannot_drop(run))
        _note_dropped(runs_dir, label, planned)
        queue.tasks[:] = [task for task in queue.tasks if task.run != run or task.trains]
    race_control.tell_to_stop([RunDir(runs_dir / run)])
    race_control.follow(runs_dir, label)
    runner_start.ensure_runner(runs_dir)


def remove(runs_dir: Path, label: str) -> RunDir | None:
    """As `queued_runs.remove`; its race goes on without it, else that would queue it again.

    Raises as that does, and as `drop`.
    """
    with queue_file.changed(runs_dir) as queue:
        queue_labels.mend(runs_dir, queue)
        task = queue.task_of(label)
    race = _readable_race(runs_dir, task.race) if task is not None else None
    planned = label if race is None else _planned_label(runs_dir, race, label) or label

    def note() -> None:
        if race is not None:
            _note_dropped(runs_dir, race.label, planned)

    deleted = queued_runs.remove(runs_dir, label, note)
    if race is not None:
        race_control.follow(runs_dir, race.label)
        runner_start.ensure_runner(runs_dir)
    return deleted


def _readable_race(runs_dir: Path, label: str) -> Race | None:
    """The race; None for a run of none, and for a file that cannot be read: it queues nothing."""
    with contextlib.suppress(RunError):
        return race_file.read(runs_dir, label) if label else None
    return None


def _note_dropped(runs_dir: Path, label: str, planned: str) -> None:
    race_file.change(runs_dir, label, lambda race: replace(race, dropped=(*race.dropped, planned)))


def _planned_label(runs_dir: Path, race: Race, run: str) -> str | None:
    """The label that the race knows a run by, which may have been renamed."""
    found = found_runs(runs_dir, (each.run for each in race.runs))
    return next((label for label, each in found.items() if each.label == run), None)


def _is_under_way(runs_dir: Path, race: Race, run: str) -> bool:
    rows = leader_board.board(runs_dir, race).rows
    return any(row.run == run and row.state in leader_board.UNDER_WAY for row in rows)
