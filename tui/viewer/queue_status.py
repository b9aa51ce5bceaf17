"""A queue as it is now: what trains, what waits, and what has ended lately."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec

from engine.errors import RunError
from engine.queueing import disk_room, queue_file, queue_journal, runner_lock
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Ended
from engine.queueing.task import Queue, Task
from engine.run import run_liveness, run_notes
from engine.run.run_paths import RunDir
from tui.viewer import viewer_text
from tui.viewer.run_summary import RunSummary, race_of, summarize

# What has ended in this time is listed, and of that the newest.
DAY_SECONDS = 86_400.0
MOST_ENDED = 20


class QueuedRun(msgspec.Struct, frozen=True):
    """A task, and what its run has reached; `summary` is None where its folder is gone."""

    place: int
    task: Task
    summary: RunSummary | None


class QueueStatus(msgspec.Struct, frozen=True):
    """`paused` is a sentence with the reason, "" if the queue is not paused.

    `working` says whether its runner lives; without one nothing starts. `disk_full` says whether
    the disk of the runs has no room left.
    """

    paused: str
    working: bool
    disk_full: bool
    runs: tuple[QueuedRun, ...]
    ended: tuple[Ended, ...]


def status(runs_dir: Path) -> QueueStatus:
    """Read the queue and its runs. Raises RunError if the queue cannot be read."""
    queue = queue_file.read(runs_dir)
    ended = queue_journal.ended_since(QueueDir(runs_dir), time.time() - DAY_SECONDS)
    return QueueStatus(
        queue.paused,
        runner_lock.is_working(runs_dir),
        disk_room.is_full(runs_dir),
        tuple(_queued(runs_dir, n, task) for n, task in enumerate(queue.tasks, start=1)),
        tuple(ended[-MOST_ENDED:]),
    )


def place_of(run: RunDir) -> str:
    """What a run waits for in the queue, or in a race that is in it; "" if in neither."""
    queue = Queue()
    with contextlib.suppress(RunError):  # `cnn-tui queue` says what is wrong with it
        queue = queue_file.read(run.path.parent)
    labels = [task.run for task in queue.tasks]
    if run.label in labels:
        return viewer_text.waits(labels.index(run.label), paused=bool(queue.paused))
    race = race_of(run_notes.read(run).tags)
    if not race or all(task.race != race for task in queue.tasks):
        return ""
    from tui.viewer import race_resting  # here, since it loads what only races need

    return viewer_text.waits_for_race(race) if race_resting.waits(run, race) else ""


def _queued(runs_dir: Path, place: int, task: Task) -> QueuedRun:
    run = RunDir(runs_dir / task.run)
    there = run.recipe.exists()
    return QueuedRun(place, task, summarize(run, run_liveness.liveness(run)) if there else None)
