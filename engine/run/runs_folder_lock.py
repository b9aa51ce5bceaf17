"""The lock of the runs folder: of those who change its runs or races, one at a time holds it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from engine.run.file_lock import locked


def locked_runs_folder(runs_dir: Path) -> AbstractContextManager[None]:
    """Hold the lock of the runs folder. Raises RunError if the folder cannot be written.

    On a file system without locks, two callers at once may both create a run.
    """
    return locked(runs_dir / ".lock")
