"""Makes, renames and deletes runs that may wait in the queue, which names them by their labels."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from engine.errors import RunError
from engine.queueing import queue_edits, queue_file, queue_labels
from engine.queueing.task import Queue, Task
from engine.recipes.recipe import Recipe
from engine.run import run_creation, run_lock, run_renaming, run_trash
from engine.run.run_paths import RunDir
from engine.start import engine_death, launch


def create(recipe: Recipe, runs_dir: Path, name: str = "") -> tuple[RunDir, int]:
    """A new run at the end of the queue, and its place there.

    Raises what `launch.create` and `queue_edits.add` raise; without a place, no run stays.
    """
    claim = launch.create(recipe, runs_dir, name)
    run_lock.release(claim)  # before a runner sees the task: it would await who holds the run
    try:
        return claim.run, queue_edits.add(runs_dir, [Task(claim.run.label)])
    except RunError:
        if claim.run.label not in queue_file.queued(runs_dir):
            with run_lock.held(claim.run):
                run_creation.remove(claim.run)
        raise


def rename(run: RunDir, name: str) -> RunDir:
    """As `run_renaming.rename`; a run that waits keeps its place.

    Raises as that and `queue_file.changed` do. If this process dies between the two, the task is
    mended by `queue_labels`.
    """
    with queue_file.changed(run.path.parent) as queue:
        queue_labels.mend(run.path.parent, queue)
        task = queue.task_of(run.label)
        renamed = run_renaming.rename(run, name)
        if task is not None:
            queue.tasks[queue.tasks.index(task)] = replace(task, run=renamed.label)
    return renamed


def delete(run: RunDir) -> RunDir:
    """As `run_trash.delete`; a run that waits leaves the queue.

    Raises as that and `queue_file.changed` do.
    """
    with queue_file.changed(run.path.parent) as queue:
        queue_labels.mend(run.path.parent, queue)
        deleted = run_trash.delete(run)
        queue.tasks = [task for task in queue.tasks if task.run != run.label]
    return deleted


def remove(runs_dir: Path, queue: Queue, label: str) -> RunDir | None:
    """Take a run out of a queue that is being changed.

    One that has never trained goes to the trash, and is returned. Raises RunError as
    `queue_edits.take_out` and `run_trash.delete` do.
    """
    run = RunDir(runs_dir / label)
    queue_edits.take_out(runs_dir, queue, label)
    trained = run.journal.exists() or engine_death.had_engine(run, wrote=False)
    return run_trash.delete(run) if run.recipe.exists() and not trained else None
