"""A lock that one process at a time holds, for work that belongs to no single run."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine import regular_files, text
from engine.errors import RunError
from engine.run import lock_owner
from engine.run.file_lock import flock, flock_patiently


def is_held(file: Path) -> bool:
    """Whether a process of this machine holds the lock, or one that shares its locks."""
    try:
        descriptor = regular_files.open_descriptor(file, os.O_RDONLY)
    except OSError:
        return False
    try:
        return _is_held(file, flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB))
    finally:
        os.close(descriptor)


def acquire(file: Path) -> int | None:
    """The descriptor that holds the lock now, signed; None if another process holds it.

    Raises RunError if the file cannot be written.
    """
    try:
        descriptor = regular_files.open_descriptor(file, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise RunError(text.cannot_write(file, text.refused(error))) from error
    if _is_held(file, flock_patiently(descriptor)):
        os.close(descriptor)
        return None
    sign(descriptor, os.getpid())
    return descriptor


def sign(lock: int, pid: int) -> None:
    """Sign the lock for the process that holds it; none of its further children may do so."""
    os.set_inheritable(lock, False)
    lock_owner.write_owner(lock, lock_owner.owner_here("", pid))


def _is_held(file: Path, free: bool | None) -> bool:
    """`free` is None on a file system without locks: there the process that signed it decides."""
    if free is not None:
        return not free
    owner = lock_owner.owner_in(file)
    return owner is not None and bool(lock_owner.is_running(owner))
