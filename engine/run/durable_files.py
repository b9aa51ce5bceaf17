"""Writes files that survive a power cut. A file is replaced as a whole or stays as it was."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from engine import text
from engine.errors import RunError

# The user alone may read such a file.
PRIVATE = 0o600
# A temporary file that is as old as this is nobody's who still writes.
LEFT_SECONDS = 60


def write_durably(
    path: Path,
    content: bytes | memoryview,
    before_rename: Callable[[], object] = lambda: None,
    mode: int = PRIVATE,
) -> None:
    """Replace the file: write a temporary one, fsync it, rename it, fsync the folder.

    `mode` are its permissions. `before_rename` makes everything durable that the new content
    refers to. Raises OSError; the old file then stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE), "wb") as file:
            if mode != PRIVATE:
                os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        before_rename()
        os.rename(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def clear_half_writes(path: Path) -> None:
    """Delete the temporary files of killed programs that were to replace this file."""
    made = re.compile(re.escape(f".{path.name}.") + "[0-9a-f]{8}")
    with contextlib.suppress(OSError):
        for half in [entry for entry in os.scandir(path.parent) if made.fullmatch(entry.name)]:
            if time.time() - half.stat().st_mtime > LEFT_SECONDS:
                os.unlink(half)


def save(
    path: Path,
    content: bytes,
    before_rename: Callable[[], object] = lambda: None,
    mode: int = PRIVATE,
) -> None:
    """As `write_durably`, but raises RunError, with a sentence for the user."""
    try:
        write_durably(path, content, before_rename, mode)
    except OSError as error:
        raise RunError(text.cannot_write(path, text.refused(error))) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
