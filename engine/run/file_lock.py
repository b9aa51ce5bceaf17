"""Flock, on file systems with and without locks."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import text
from engine.errors import RunError
from engine.run import run_text

# The errors of flock on a file system without locks.
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)

ACQUIRE_SECONDS = 1.0


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock of a file, in a folder that is made where there is none; others wait meanwhile.

    On a file system without locks, nobody waits. Raises RunError if the folder cannot be written.
    """
    with alone(_opened(file)):
        yield


@contextmanager
def locked_soon(file: Path, seconds: float) -> Iterator[None]:
    """As `locked`, but wait at most so long. Raises RunError, too, if others hold the lock then."""
    descriptor = _opened(file)
    try:
        if _flock_within(descriptor, seconds) is False:
            raise RunError(run_text.locked_by_another(file))
        yield
    finally:
        os.close(descriptor)


@contextmanager
def alone(descriptor: int) -> Iterator[None]:
    """Hold the lock of an opened file, and close it in the end; others wait meanwhile.

    On a file system without locks, nobody waits.
    """
    try:
        flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def flock_patiently(descriptor: int) -> bool | None:
    """Take the exclusive lock as `flock` does, but retry: a reader may hold it for a moment."""
    return _flock_within(descriptor, ACQUIRE_SECONDS)


def _flock_within(descriptor: int, seconds: float) -> bool | None:
    deadline = time.monotonic() + seconds
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


def _opened(file: Path) -> int:
    try:
        os.makedirs(file.parent, mode=0o700, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RunError(text.cannot_write(file.parent, text.refused(error))) from error
