"""Flock, on file systems with and without locks."""

from __future__ import annotations

import errno
import fcntl
import time

from engine import text
from engine.errors import RunError
from engine.run import run_text

# The errors of flock on a file system without locks.
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


ACQUIRE_SECONDS = 1.0


def flock_patiently(descriptor: int) -> bool | None:
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
