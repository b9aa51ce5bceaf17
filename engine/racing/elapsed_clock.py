"""How long engines have worked on a run, from its journal: each of its bytes is read once."""

from __future__ import annotations

import functools
import os
import re
import threading
from pathlib import Path

from engine import regular_files
from engine.run.fold import GAP_SECONDS

# So many journals stay known.
KEPT = 4096
_TIME = re.compile(rb'"time":([0-9]+(?:\.[0-9]+)?)')


def seconds(journal: Path) -> float:
    """Seconds for which engines have written to a journal, with the epochs lost by kills.

    0 if it cannot be read.
    """
    try:
        with regular_files.open_to_read(journal) as file:
            return _clock(journal, os.fstat(file.fileno()).st_ino).after(file.fileno())
    except OSError:
        return 0.0


class _Clock:
    """What the lines of a journal say up to a place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._place, self._last, self._seconds = 0, 0.0, 0.0

    def after(self, descriptor: int) -> float:
        """The seconds, with the whole lines that were written since. Raises OSError."""
        with self._lock:
            size = os.fstat(descriptor).st_size
            if size < self._place:  # another one was put in its place
                self._place, self._last, self._seconds = 0, 0.0, 0.0
            new = os.pread(descriptor, size - self._place, self._place)
            whole = new[: new.rfind(b"\n") + 1]
            for time in map(float, _TIME.findall(whole)):
                if self._last and 0.0 < time - self._last <= GAP_SECONDS:
                    self._seconds += time - self._last
                self._last = time
            self._place += len(whole)
            return self._seconds


@functools.lru_cache(KEPT)
def _clock(journal: Path, inode: int) -> _Clock:
    return _Clock()
