"""What became of the engine that was started for a task."""

from __future__ import annotations

import contextlib
import os
from typing import Literal, NamedTuple, TypeAlias

from engine import text
from engine.errors import RunError
from engine.protocol.events import RunEnded, Steps
from engine.queueing import disk_room
from engine.queueing.task import Begun, Task
from engine.run import run_lock, run_text
from engine.run.journal import Journal
from engine.run.journal_search import last_event, last_seq, newest_near_end
from engine.run.run_paths import RunDir
from engine.start import engine_death, resume

# done, stopped, failed: as its last event says.
# rested: stopped at the epoch of the task.
# died: it is gone without a last event, as after a crash of the machine.
# gone: the folder of the run is not there.
State: TypeAlias = Literal["done", "stopped", "failed", "rested", "died", "gone"]

FULL = tuple(os.strerror(number) for number in disk_room.FULL)
# Of a run that has saved nothing yet, nobody knows how large its checkpoint is.
USUAL_CHECKPOINT_BYTES = 1 << 28
# What of a journal is read to see that its run trains: more than it writes in a second.
RECENT_BYTES = 1 << 15


class Outcome(NamedTuple):
    """`error` says why a run failed or died, else ""."""

    state: State
    error: str = ""


def begun_now(run: RunDir, devices: tuple[str, ...], before: Begun | None) -> Begun:
    """The note about an engine that begins now; `before` is the one about the engine before.

    Raises RunError if the journal of the run cannot be read.
    """
    save = resume.last_save(run)
    saved = save.seq if save is not None else 0
    again = before is not None and before.saved == saved
    starts = before.starts + 1 if before is not None and again else 1
    try:
        return Begun(devices, last_seq(run.journal), saved, starts)
    except OSError as error:
        raise RunError(run_text.journal_unreadable(run.journal, text.reason(error))) from error


def has_stepped(run: RunDir, begun: Begun) -> bool:
    """Whether the engine that began so has told of a training step lately."""
    steps = newest_near_end(run.journal, Steps, RECENT_BYTES)
    return bool(steps) and steps[-1].seq > begun.seq


def outcome(run: RunDir, task: Task) -> Outcome:
    """How the engine has ended that began as the task says, and that is gone."""
    if not os.path.exists(run.recipe):
        return Outcome("gone")
    last = None
    with contextlib.suppress(OSError):
        last = last_event(run.journal)
    if not isinstance(last, RunEnded) or task.begun is None or last.seq <= task.begun.seq:
        return Outcome("died", engine_death.sentence(run))
    if last.reason == "stopped" and resume.rests(run, task.until):
        return Outcome("rested")
    return Outcome(last.reason, last.error)


def end_as_failed(run: RunDir, error: str) -> None:
    """Write the end of a run that no engine could write, unless one trains it again.

    Raises EngineError if that is impossible.
    """
    lock = run_lock.acquire(run)
    try:
        last = last_event(run.journal)
        journal = Journal(run.journal)
        journal.append(RunEnded("failed", error=error, step=last.step if last is not None else 0))
        journal.close()
    except OSError as refused:
        raise RunError(text.cannot_write(run.journal, text.refused(refused))) from refused
    finally:
        os.close(lock)


def lacks_room(run: RunDir, error: str) -> bool:
    """Whether the disk of a run that has failed with this error is full.

    The words of an error may be about another disk. But the one that took no checkpoint has its
    room back, and takes a small file.
    """
    says_so = any(words in error for words in FULL)
    count = _checkpoint_bytes(run) if says_so else disk_room.LEAST_BYTES
    return disk_room.is_full(run.checkpoints, count)


def _checkpoint_bytes(run: RunDir) -> int:
    """The size of a checkpoint of this run."""
    with contextlib.suppress(OSError):
        return os.path.getsize(run.checkpoints / "last.pt")
    return USUAL_CHECKPOINT_BYTES
