"""Writes a file for the user as a whole: it appears when it is complete, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine import text
from engine.errors import RunError, UsageError
from engine.export import numbers_text


def check_target(path: Path, *, force: bool) -> None:
    """Raises UsageError where `whole_file` would refuse or destroy what is there."""
    if path.exists() and not path.is_file():
        raise UsageError(numbers_text.not_a_file(path))
    if path.is_file() and not force:
        raise UsageError(numbers_text.exists(path))
    if not path.parent.is_dir():
        raise UsageError(numbers_text.no_folder(path.parent))


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that gets this name, or replaces the one that has it, after the block.

    If the block raises, what was there stays. Raises RunError if the disk refuses it.
    """
    target = path.resolve()  # a link stays one
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, target)
    except OSError as error:
        raise RunError(numbers_text.not_written(path, text.reason(error))) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def made_folder(path: Path) -> Iterator[None]:
    """A folder that exists within the block, and after it if something is in it.

    Raises RunError if it cannot be made.
    """
    was_there = path.is_dir()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(numbers_text.not_written(path, text.reason(error))) from error
    try:
        yield
    finally:
        if not was_there:
            with contextlib.suppress(OSError):  # it holds what was written
                path.rmdir()
