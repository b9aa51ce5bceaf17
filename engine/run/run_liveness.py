"""Whether a run is live: an engine holds its lock.

Flock says nothing about an engine on another machine, and nothing on a file system without locks.
There the owner's process decides, if it is one of this machine, and else the journal: a live engine
writes to it at least every seven seconds. Clocks of two machines may differ, so a journal that
grows while this process looks counts more than the times in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Literal, TypeAlias

from engine import regular_files
from engine.protocol.events import Event, RunEnded
from engine.recipes import watched_recipe
from engine.run import journal_growth, run_text
from engine.run.file_lock import flock
from engine.run.journal_search import last_event
from engine.run.lock_owner import Owner, boot_id, is_running, read_owner
from engine.run.run_paths import RunDir

# An engine writes an event at least every seven seconds. After this time without one it is silent.
SILENT_SECONDS = 30.0
# A silent run is watched this long before it is called so to a user: a live one writes meanwhile.
WATCH_SECONDS = 10.0
POLL_SECONDS = 0.1

# live: an engine holds the run.
# silent: an engine may hold it, but has written nothing for a while.
# gone: no engine holds it.
Liveness: TypeAlias = Literal["live", "silent", "gone"]


def is_live(run: RunDir, lock_file: Path | None = None) -> bool:
    """Whether a process holds the run's lock, or another lock file in it."""
    return liveness(run, lock_file) == "live"


def is_here(run: RunDir) -> bool:
    """Whether the process that took the run's lock last did so on this machine."""
    owner = read_owner(run)
    return owner is not None and owner.boot == boot_id()


def watch(*runs: RunDir) -> list[Liveness]:
    """The liveness of each run; silent ones are watched for `WATCH_SECONDS`, unless all grow."""
    deadline = time.monotonic() + WATCH_SECONDS
    while "silent" in (found := [liveness(run) for run in runs]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return found


def liveness(run: RunDir, lock_file: Path | None = None) -> Liveness:
    """Whether a process holds, or may hold, the run's lock or another lock file in it."""
    file = lock_file or run.lock
    try:
        descriptor = regular_files.open_descriptor(file, os.O_RDONLY)
    except OSError:
        return "gone"
    try:
        return judged(run, file, flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB))
    finally:
        os.close(descriptor)


def judged(run: RunDir, file: Path, free: bool | None) -> Liveness:
    """The liveness of a lock's owner. `free` is None on a file system without locks.

    A free lock proves nothing if its owner belongs to another boot: machines that share files may
    not share locks.
    """
    if free is False:
        return "live"
    owner = read_owner(run, file)
    if owner is None or (free and owner.boot == boot_id()):
        return "gone"
    if (running := is_running(owner)) is not None:
        return "live" if running else "gone"
    last = _last_event(run) if file == run.lock else None
    if _is_end(last, owner):
        return "gone"
    if _silent_seconds(run, owner, last) < SILENT_SECONDS:
        return "live"
    return "live" if journal_growth.grows(run.journal, SILENT_SECONDS) else "silent"


def has_ended_since(run: RunDir, owner: Owner) -> bool:
    """Whether the run has ended since its lock was written, and nothing was told after that."""
    return _is_end(_last_event(run), owner)


def _is_end(last: Event | None, owner: Owner) -> bool:
    return isinstance(last, RunEnded) and last.time >= owner.time


def _last_event(run: RunDir) -> Event | None:
    with contextlib.suppress(OSError):
        return last_event(run.journal)
    return None


def _silent_seconds(run: RunDir, owner: Owner, last: Event | None) -> float:
    """Seconds since the owner wrote its lock or its last event.

    The sign is ignored: if a clock was set back, these times lie in the future. The file's own time
    is that of a file server, whose clock may agree with ours while the owner's does not.
    """
    times = [owner.time] if last is None else [owner.time, last.time]
    with contextlib.suppress(OSError):
        times.append(run.journal.stat().st_mtime)
    return min(abs(time.time() - moment) for moment in times)


def why_not_live(run: RunDir) -> str:
    """The sentence for a run that is not live: it is silent, or it is not running."""
    owner = read_owner(run)
    if owner is None or liveness(run) != "silent":
        return run_text.not_running(run.label)
    seconds = _silent_seconds(run, owner, _last_event(run))
    program = watched_recipe.watched_program(run.recipe)
    if program is not None:
        return run_text.silent_program(run.label, program, owner.host, seconds)
    return run_text.silent(run.label, run.selector, owner.host, seconds)
