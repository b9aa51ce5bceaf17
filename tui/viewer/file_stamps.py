"""Stamps of files, which differ when a file has changed since.

A file system counts time in ticks: of some milliseconds on Linux, of two seconds on FAT. A file
that changes twice within a tick, and keeps its size, has the same stamp. So a stamp proves nothing
if the file had changed shortly before it was taken. git calls such an entry of its index racy.
"""

from __future__ import annotations

import os
import struct
from typing import TypeAlias

# Packed: size, time of change of the content, time of change of content or metadata (which nobody
# can set, as `touch` and `cp -p` set the other one), and inode. Times are in nanoseconds.
Stamp: TypeAlias = bytes
_PACKED = struct.Struct("=QqqQ")
ABSENT: Stamp = b""
# More than the longest tick.
RACY_NS = 3_000_000_000


def stamp_of(path: str) -> Stamp:
    """The stamp of a file as it is now; `ABSENT` for one that is not there or cannot be seen."""
    try:
        found = os.stat(path)
    except OSError:
        return ABSENT
    return _PACKED.pack(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def is_racy(stamp: Stamp, taken: int) -> bool:
    """Whether a stamp proves nothing; `taken` is the time just before it was taken, or earlier."""
    if stamp == ABSENT:
        return False
    _, content, metadata, _ = _PACKED.unpack(stamp)
    return bool(max(content, metadata) > taken - RACY_NS)


def inode_of(stamp: Stamp) -> int:
    """The inode of a file; 0 if there is none."""
    return int(_PACKED.unpack(stamp)[3]) if stamp != ABSENT else 0
