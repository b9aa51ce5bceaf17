"""Renames and deletes runs that may wait in the queue, which names them by their labels."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from engine.errors import RunError
from engine.queueing import queue_edits, queue_file, queue_text
from engine.queueing.task import Queue
from engine.run import run_renaming, run_trash
from engine.run.run_paths import RunDir
from engine.start import engine_death


def rename(run: RunDir, name: str) -> RunDir:
    """As `run_renaming.rename`; a run that waits keeps its place. Raises as that does."""
    if run.label not in queue_file.queued(run.path.parent):
        return run_renaming.rename(run, name)
    with queue_file.changed(run.path.parent) as queue:
        _refuse_training(queue, run)
        renamed = run_renaming.rename(run, name)
        queue.tasks = [
            replace(task, run=renamed.label) if task.run == run.label else task
            for task in queue.tasks
        ]
    return renamed


def delete(run: RunDir) -> RunDir:
    """As `run_trash.delete`; a run that waits leaves the queue. Raises as that does."""
    if run.label not in queue_file.queued(run.path.parent):
        return run_trash.delete(run)
    with queue_file.changed(run.path.parent) as queue:
        _refuse_training(queue, run)
        deleted = run_trash.delete(run)
        queue.tasks = [task for task in queue.tasks if task.run != run.label]
    return deleted


def remove(runs_dir: Path, label: str) -> RunDir | None:
    """Take a run out of the queue. One that has never trained goes to the trash, and is returned.

    Raises RunError as `queue_edits.remove` and `run_trash.delete` do.
    """
    run = RunDir(runs_dir / label)
    queue_edits.remove(runs_dir, label)
    trained = run.journal.exists() or engine_death.had_engine(run, wrote=False)
    return run_trash.delete(run) if run.recipe.exists() and not trained else None


def _refuse_training(queue: Queue, run: RunDir) -> None:
    if any(task.trains for task in queue.tasks if task.run == run.label):
        raise RunError(queue_text.trains_now(run.label, run.selector))
