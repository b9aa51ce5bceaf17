"""Journals that grow while this process looks: a sign of a live engine that needs no clock."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import NamedTuple

from engine import regular_files


class _Look(NamedTuple):
    size: int
    grew_at: float
    """The monotonic time of the last growth that was seen; minus infinity before the first."""


# All parts of a process share what one of them has seen.
_looks: dict[Path, _Look] = {}


def grows(journal: Path, within: float) -> bool:
    """Look at a journal; whether this process saw it grow within these last seconds."""
    now = time.monotonic()
    size = _size(journal)
    before = _looks.get(journal, _Look(size, -math.inf))
    seen = _Look(size, now if size > before.size else before.grew_at)
    _looks[journal] = seen
    return now - seen.grew_at < within


def _size(journal: Path) -> int:
    """Its size in bytes, 0 without a file.

    The file is opened, since a network file system asks its server only then.
    """
    try:
        descriptor = regular_files.open_descriptor(journal, os.O_RDONLY)
    except OSError:
        return 0
    try:
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
