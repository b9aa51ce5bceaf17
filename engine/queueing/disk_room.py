"""Whether the disk of a folder is full, be it for want of blocks or of what its user may have."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
# A disk that takes less is full for whatever is to be written.
LEAST_BYTES = 1 << 20


def is_full(folder: Path, count: int = LEAST_BYTES) -> bool:
    """Whether the disk has no room for so many bytes. None is written, and no file stays."""
    try:
        there = os.statvfs(folder)
        if there.f_bavail * there.f_frsize < count:
            return True
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, count)
    except OSError as error:
        return error.errno in FULL
    return False
