"""Writes files that survive a power cut. A file is replaced as a whole or stays as it was."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from engine import text
from engine.errors import RunError

# The user alone may read such a file.
PRIVATE = 0o600


def write_durably(
    path: Path,
    content: bytes | memoryview,
    before_rename: Callable[[], None] = lambda: None,
) -> None:
    """Replace the file: write a temporary one, fsync it, rename it, fsync the folder.

    `before_rename` makes everything durable that the new content refers to. Raises OSError; the old
    file then stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        before_rename()
        os.rename(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def save(path: Path, content: bytes) -> None:
    """As `write_durably`, but raises RunError, with a sentence for the user."""
    try:
        write_durably(path, content)
    except OSError as error:
        raise RunError(text.cannot_write(path, text.reason(error))) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
