"""Makes, renames and deletes runs that may wait in the queue, which names them by their labels."""

from __future__ import annotations

from collections.abc import Callable
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

    Raises as that and `queue_file.changed` do; then the queue and the run are as before. If this
    process dies between the two, the task is mended by `queue_labels`.
    """
    runs_dir, renamed = run.path.parent, run_renaming.place_of(run, name)

    def keep_place(queue: Queue) -> None:
        queue_labels.mend(runs_dir, queue)
        if (task := queue.task_of(run.label)) is not None:
            queue.tasks[queue.tasks.index(task)] = replace(task, run=renamed.label)

    queue_file.change_with(runs_dir, keep_place, lambda: run_renaming.rename(run, name))
    return renamed


def delete(run: RunDir) -> RunDir:
    """As `run_trash.delete`; a run that waits leaves the queue.

    Raises as that and `queue_file.changed` do; then the queue and the run are as before.
    """
    runs_dir = run.path.parent

    def leave(queue: Queue) -> None:
        queue_labels.mend(runs_dir, queue)
        queue.tasks = [task for task in queue.tasks if task.run != run.label]

    return _deleted(run, leave)


def remove(runs_dir: Path, label: str, note: Callable[[], object]) -> RunDir | None:
    """Take a run out of the queue, and `note` that. One that has never trained goes to the trash.

    That one is returned. Raises RunError as `queue_edits.take_out`, `run_trash.delete` and `note`
    do; then the queue and the run are as before.
    """
    run = RunDir(runs_dir / label)
    trained = run.journal.exists() or engine_death.had_engine(run, wrote=False)

    def take_out(queue: Queue) -> None:
        queue_edits.take_out(runs_dir, queue, label)

    if run.recipe.exists() and not trained:
        return _deleted(run, take_out, note)
    queue_file.change_with(runs_dir, take_out, note)
    return None


def _deleted(
    run: RunDir, change: Callable[[Queue], None], note: Callable[[], object] = lambda: None
) -> RunDir:
    """The run in the trash, after a change of the queue that is noted."""
    found: list[RunDir] = []

    def act() -> None:
        note()
        found.append(run_trash.delete(run))

    queue_file.change_with(run.path.parent, change, act)
    return found[0]
