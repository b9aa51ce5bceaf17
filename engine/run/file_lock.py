"""Flock, on file systems with and without locks."""

from __future__ import annotations

import errno
import fcntl

from engine import text
from engine.errors import RunError
from engine.run import run_text

# The errors of flock on a file system without locks.
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


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
