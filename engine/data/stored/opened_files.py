"""Files that a process opened once, and reads at any place."""

from __future__ import annotations

import errno
import os
from functools import lru_cache

from engine import regular_files
from engine.data.stored import stored_text

# How many files stay open in a process.
MOST_OPEN = 32


class _OpenedFile:
    """A descriptor, closed when nobody reads from it any more.

    `pread` has no position that threads or forked processes would share.
    """

    def __init__(self, path: str) -> None:
        self._descriptor = -1
        self._descriptor = regular_files.open_descriptor(path, os.O_RDONLY)

    def read_at(self, offset: int, size: int) -> bytes:
        pieces, left = [], size
        while left and (piece := os.pread(self._descriptor, left, offset + size - left)):
            pieces.append(piece)
            left -= len(piece)
        if left:
            raise OSError(errno.EIO, stored_text.FILE_CUT_OFF)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


_opened = lru_cache(MOST_OPEN)(_OpenedFile)


def forget() -> None:
    """Open each file anew when it is read next: another one may be there now."""
    _opened.cache_clear()


def read_at(path: str, offset: int, size: int) -> bytes:
    """So many bytes of a file from this place on. Raises OSError, also where it ends before."""
    return _opened(path).read_at(offset, size)
