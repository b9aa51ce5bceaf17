"""Tries whether a folder can be written, and whether locks work there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from engine import text


class Trial(NamedTuple):
    """`error` is why nothing can be written, or empty."""

    locks: bool = False
    error: str = ""


def nearest_folder(folder: Path) -> Path:
    """The folder itself, or the one in which its first missing parent would be made."""
    absolute = folder.absolute()
    return next((each for each in (absolute, *absolute.parents) if os.path.lexists(each)), absolute)


def tried(folder: Path) -> Trial:
    """Write and lock a temporary file in this folder, or where it would be made."""
    try:
        with tempfile.NamedTemporaryFile(dir=nearest_folder(folder), prefix=".cnn-tui-") as file:
            file.write(b"x")
            file.flush()
            return Trial(locks=_excludes(file.fileno(), file.name))
    except OSError as error:
        return Trial(error=text.reason(error))


def _excludes(descriptor: int, path: str) -> bool:
    """Whether a lock on this file refuses a second one."""
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        second = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(second)
    return False
