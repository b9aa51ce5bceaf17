"""What people do with a queue: add, move, remove, pause and continue."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from engine.errors import RunError
from engine.protocol import commands
from engine.queueing import queue_file, queue_labels, queue_text, runner_start
from engine.queueing.task import Queue, Task
from engine.run import run_liveness, spool
from engine.run.run_paths import RunDir

# A step or an end of the queue, or a place, counted from 1.
Where: TypeAlias = Literal["up", "down", "first", "last"] | int


def add(runs_dir: Path, tasks: Iterable[Task]) -> int:
    """Put tasks at the end of the queue, and start its runner unless it is paused.

    Returns the place of the first of them, counted from 1. Raises RunError if a run is in the queue
    already, or if the queue cannot be written.
    """
    new = [*tasks]
    with queue_file.changed(runs_dir) as queue:
        for task in new:
            if known := queue.task_of(task.run):
                raise RunError(queue_text.queued_already(task.run, queue.tasks.index(known) + 1))
        first = len(queue.tasks) + 1
        queue.tasks = [*queue.tasks, *new]
        paused = queue.paused
    if not paused:
        runner_start.ensure_runner(runs_dir)
    return first


def move(runs_dir: Path, run: str, where: Where) -> int:
    """Move the run's task; returns its new place. Raises RunError if it is not in the queue."""
    with queue_file.changed(runs_dir) as queue:
        queue_labels.mend(runs_dir, queue)
        task = _task(queue, run)
        place = queue.tasks.index(task) + 1
        last = len(queue.tasks)
        words = {"up": place - 1, "down": place + 1, "first": 1, "last": last}
        wanted = where if isinstance(where, int) else words[where]
        to = min(max(wanted, 1), last)
        others = [each for each in queue.tasks if each is not task]
        queue.tasks = [*others[: to - 1], task, *others[to - 1 :]]
    return to


def take_out(runs_dir: Path, queue: Queue, run: str) -> None:
    """Take the run's task out of a queue that is being changed; its folder stays.

    Raises RunError if it is not in the queue, or if it is training.
    """
    queue_labels.mend(runs_dir, queue)
    task = _task(queue, run)
    if _trains(runs_dir, task):
        raise RunError(queue_text.trains_now(run, RunDir(runs_dir / run).selector))
    queue.tasks = [each for each in queue.tasks if each is not task]


def pause(runs_dir: Path) -> list[str]:
    """Start no more runs; those that train go on. Returns their labels."""
    with queue_file.changed(runs_dir) as queue:
        queue.paused = queue.paused or queue_text.PAUSED_BY_HAND
        return [task.run for task in queue.tasks if _trains(runs_dir, task)]


def pause_now(runs_dir: Path) -> list[str]:
    """Start no more runs, and stop those that train: they are saved, and stay in the queue.

    Returns their labels.
    """
    pause(runs_dir)
    with queue_file.changed(runs_dir) as queue:
        queue.tasks = [task.stopping() for task in queue.tasks]
        training = [task.run for task in queue.tasks if _trains(runs_dir, task)]
    for label in training:
        with contextlib.suppress(RunError):  # it has just ended
            spool.send(RunDir(runs_dir / label), commands.Stop)
    return training


def go_on(runs_dir: Path) -> int:
    """End a pause, and start the runner; returns how many tasks there are."""
    with queue_file.changed(runs_dir) as queue:
        queue.paused = ""
        count = len(queue.tasks)
    runner_start.ensure_runner(runs_dir)
    return count


def _task(queue: Queue, run: str) -> Task:
    found = queue.task_of(run)
    if found is None:
        raise RunError(queue_text.not_queued(run))
    return found


def _trains(runs_dir: Path, task: Task) -> bool:
    """Whether an engine trains its run. The note in the queue outlives one that was killed."""
    return task.trains and run_liveness.liveness(RunDir(runs_dir / task.run)) != "gone"
