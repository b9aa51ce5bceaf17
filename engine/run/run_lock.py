"""The lock of a run, which is free as soon as the engine process is gone, and the run's liveness.

The lock is an flock on `engine.lock`; the content of that file names the owner. Flock says nothing
about an engine on another machine, and nothing on a file system without locks. There the owner's
process decides, if it is one of this machine, and else the journal: a live engine writes to it at
least every seven seconds. Clocks of two machines may differ, so a journal that grows while this
process looks counts more than the times in it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import time
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from engine import regular_files, text
from engine.errors import RunError
from engine.protocol.events import Event, RunEnded
from engine.run import journal_growth, run_text
from engine.run.journal_search import last_event
from engine.run.lock_owner import Owner, boot_id, is_running, owner_here
from engine.run.run_paths import RunDir

ACQUIRE_SECONDS = 1.0
# An engine writes an event at least every seven seconds. After this time without one it is silent.
SILENT_SECONDS = 30.0
# A silent run is watched this long before it is called so to a user: a live one writes meanwhile.
WATCH_SECONDS = 10.0
POLL_SECONDS = 0.1
# The errors of flock on a file system without locks.
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)

# live: an engine holds the run.
# silent: an engine may hold it, but has written nothing for a while.
# gone: no engine holds it.
Liveness: TypeAlias = Literal["live", "silent", "gone"]


class Claim(NamedTuple):
    """A run and the descriptor that holds its lock."""

    run: RunDir
    lock: int


def acquire(run: RunDir, lock_file: Path | None = None, *, force: bool = False) -> int:
    """Lock the run, or another lock file in it, and write a new attempt into that file.

    Returns the locked descriptor. Raises RunError if another engine holds the run, or if one is
    silent and `force` is not set. A silent run is watched for a while before.
    """
    file = lock_file or run.lock
    if lock_file is None:
        watch(run)
    try:
        descriptor = regular_files.open_descriptor(file, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise RunError(text.cannot_write(file, text.reason(error))) from error
    found = _judge(run, file, _flock_patiently(descriptor))
    if found == "live" or (found == "silent" and lock_file is None and not force):
        os.close(descriptor)
        raise RunError(text.already_running(run.label) if found == "live" else why_not_live(run))
    owner = owner_here(secrets.token_hex(4), pid=0)
    write_owner(descriptor, replace(owner, log_bytes=_size(run.log)))
    return descriptor


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def write_owner(descriptor: int, owner: Owner) -> None:
    """Write into a locked file which process holds it."""
    content = msgspec.json.encode(owner)
    os.pwrite(descriptor, content, 0)
    os.ftruncate(descriptor, len(content))


def release(claim: Claim) -> None:
    """Release a run on which no engine was started. Any machine can then start one."""
    os.ftruncate(claim.lock, 0)
    os.close(claim.lock)


def read_owner(run: RunDir, lock_file: Path | None = None) -> Owner | None:
    """The owner that the lock file names. The lock may be free by now."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(regular_files.read_bytes(lock_file or run.lock), type=Owner)
    return None


def is_live(run: RunDir, lock_file: Path | None = None) -> bool:
    """Whether a process holds the run's lock, or another lock file in it."""
    return liveness(run, lock_file) == "live"


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
        return _judge(run, file, flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB))
    finally:
        os.close(descriptor)


def _judge(run: RunDir, file: Path, free: bool | None) -> Liveness:
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
    if isinstance(last, RunEnded) and last.time >= owner.time:
        return "gone"
    if _silent_seconds(run, owner, last) < SILENT_SECONDS:
        return "live"
    return "live" if journal_growth.grows(run.journal, SILENT_SECONDS) else "silent"


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
    return run_text.silent(run.label, owner.host, _silent_seconds(run, owner, _last_event(run)))


def _flock_patiently(descriptor: int) -> bool | None:
    """Take the exclusive lock as `flock` does, but retry: a reader may hold it for a moment."""
    deadline = time.monotonic() + ACQUIRE_SECONDS
    mode = fcntl.LOCK_EX | fcntl.LOCK_NB
    while (free := flock(descriptor, mode)) is False and time.monotonic() < deadline:
        time.sleep(0.02)
    return free


def flock(descriptor: int, mode: int) -> bool | None:
    """Take a lock. Returns whether it was free, or None on a file system without locks."""
    try:
        fcntl.flock(descriptor, mode)
    except OSError as error:
        if error.errno in NO_LOCKS:
            return None
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise RunError(run_text.no_locks(text.reason(error))) from error
        return False
    return True
