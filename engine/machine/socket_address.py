"""Addresses of Unix sockets in folders with long paths.

An address has at most 107 bytes (unix(7)), and the TMPDIR of a batch system may have more. The path
through the descriptor of an open folder is short.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def socket_address(socket: Path) -> Iterator[str]:
    """The address of a socket, for as long as its folder stays open. Raises OSError."""
    folder = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"{short_path(folder)}/{socket.name}"
    finally:
        os.close(folder)


def short_path(folder: int) -> str:
    """A short path of the folder that this process has open as a descriptor."""
    return f"/proc/self/fd/{folder}"
