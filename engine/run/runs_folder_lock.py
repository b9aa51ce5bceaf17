"""The lock of the runs folder, held while the caller resumes a run or creates one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import text
from engine.errors import RunError
from engine.run.file_lock import flock


@contextmanager
def locked_runs_folder(runs_dir: Path) -> Iterator[None]:
    """Hold the lock of the runs folder. Raises RunError if the folder cannot be written.

    On a file system without locks, two callers at once may both create a run.
    """
    try:
        os.makedirs(runs_dir, mode=0o700, exist_ok=True)
        descriptor = os.open(runs_dir / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RunError(text.cannot_write(runs_dir, text.reason(error))) from error
    try:
        flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
