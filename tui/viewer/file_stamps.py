"""Stamps of files, which differ when a file has changed since.

A file system counts time in ticks: of some milliseconds on Linux, of two seconds on FAT. A file
that changes twice within a tick, and keeps its size, has the same stamp. So a stamp proves nothing
if the file had changed shortly before it was taken. git calls such an entry of its index racy.
"""

from __future__ import annotations

import os
from typing import TypeAlias

# Size, time of change of the content, time of change of content or metadata (which nobody can set,
# as `touch` and `cp -p` set the other one), and inode. Times are in nanoseconds.
Stamp: TypeAlias = tuple[int, int, int, int]
ABSENT: Stamp = (0, 0, 0, 0)
# More than the longest tick.
RACY_NS = 3_000_000_000


def stamp_of(path: str) -> Stamp:
    """The stamp of a file as it is now; `ABSENT` for one that is not there or cannot be seen."""
    try:
        found = os.stat(path)
    except OSError:
        return ABSENT
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def is_racy(stamp: Stamp, taken: int) -> bool:
    """Whether a stamp proves nothing; `taken` is the time just before it was taken, or earlier."""
    return max(stamp[1], stamp[2]) > taken - RACY_NS
