"""Opens files in folders that others write to, where a FIFO would block for ever."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from engine.text import NOT_REGULAR


def open_descriptor(path: Path | str, flags: int) -> int:
    """A descriptor of a file; a new one belongs to this user alone.

    Raises OSError, also for a FIFO, a socket, a device or a folder. It waits for none of them.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, NOT_REGULAR, str(path))


def open_to_read(path: Path) -> BinaryIO:
    """Raises OSError as `open_descriptor`."""
    return open(path, "rb", opener=open_descriptor)


def read_bytes(path: Path) -> bytes:
    """Raises OSError as `open_descriptor`."""
    with open_to_read(path) as file:
        return file.read()


def read_text(path: Path, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Raises OSError as `open_descriptor`, and ValueError for bytes of another encoding."""
    with io.TextIOWrapper(open_to_read(path), encoding, errors) as file:
        return file.read()
