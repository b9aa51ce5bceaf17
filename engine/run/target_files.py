"""The files that a command writes for the user: each appears as a whole, or not at all.

The command makes a temporary file beside each target, which any process may fill. In the end that
file takes the name of the target, or is removed, also where the command is stopped.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from engine.errors import RunError, UsageError
from engine.run import run_text
from engine.text import refused


class Target(NamedTuple):
    """A file that the user wants, and the temporary file beside it."""

    path: Path
    temporary: Path

    def keep(self) -> None:
        """Give the temporary file its name; a link stays one. Raises RunError."""
        try:
            os.replace(self.temporary, os.path.realpath(self.path))
        except OSError as error:
            raise RunError(run_text.target_unwritable(self.path, refused(error))) from error


def check_target(path: Path, *, force: bool) -> None:
    """Raise UsageError where a file must not be written: it exists, or has no folder.

    With `force` an existing file may be replaced, but no folder or device.
    """
    real = os.path.realpath(path)
    if not os.path.isdir(os.path.dirname(real)):
        raise UsageError(run_text.target_without_folder(path))
    if os.path.lexists(real) and not os.path.isfile(real):  # also a link in a circle
        raise UsageError(run_text.target_no_file(path))
    if os.path.lexists(real) and not force:
        raise UsageError(run_text.target_exists(path))


def check_target_folder(path: Path, option: str) -> None:
    """Raise UsageError where something that is no folder has the name of one; `option` takes it."""
    if os.path.lexists(path) and not os.path.isdir(path):
        raise UsageError(run_text.target_no_folder(path, option))


def fill(temporary: Path, content: bytes | memoryview) -> None:
    """Write a temporary file of another process. Raises RunError where the disk has no room."""
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RunError(run_text.target_not_filled(refused(error))) from error


@contextmanager
def target_file(path: Path) -> Iterator[Target]:
    """A target with an empty temporary file, which is gone after the block unless it was kept.

    Raises RunError where the folder cannot be written.
    """
    real = Path(os.path.realpath(path))
    target = Target(path, real.with_name(f".{real.name}.{secrets.token_hex(4)}"))
    try:
        target.temporary.open("xb").close()
    except OSError as error:
        raise RunError(run_text.target_unwritable(path, refused(error))) from error
    try:
        yield target
    finally:
        target.temporary.unlink(missing_ok=True)
