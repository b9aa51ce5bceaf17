"""Mends the labels in a queue: a process may die after it has renamed a run that waits in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from engine.queueing import queue_file
from engine.queueing.task import Queue, Task
from engine.run import run_search
from engine.run.run_paths import RunDir


def mend(runs_dir: Path, queue: Queue) -> None:
    """Let the tasks name their runs as these are called now. A run keeps its number.

    Raises RunError if the folder cannot be read.
    """
    now = _renamed(runs_dir, queue.tasks)
    queue.tasks = [replace(task, run=now.get(task.run, task.run)) for task in queue.tasks]


def mend_file(runs_dir: Path) -> None:
    """As `mend`, in the file; raises RunError also as `queue_file.changed`."""
    if _renamed(runs_dir, queue_file.read(runs_dir).tasks):
        with queue_file.changed(runs_dir) as queue:
            mend(runs_dir, queue)


def _renamed(runs_dir: Path, tasks: Sequence[Task]) -> Mapping[str, str]:
    """The labels that runs of these tasks have now, by those that they had."""
    runs = [RunDir(runs_dir / task.run) for task in tasks]
    gone = {run.number: run.label for run in runs if not run.recipe.exists()}
    if not gone:
        return {}
    known = {run.label for run in runs}
    # The runner asks five times a second while a folder is gone: few runs of many are looked into.
    labels = (each for each in run_search.labels(runs_dir) if int(each.partition("-")[0]) in gone)
    renamed = (RunDir(runs_dir / label) for label in labels if label not in known)
    return {gone[run.number]: run.label for run in renamed if run.recipe.exists()}
