"""Writes a file for the user as a whole: it appears when it is complete, or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine import text
from engine.errors import RunError
from engine.run import run_text
from engine.run.target_files import target_file


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that gets this name, or replaces the one that has it, after the block.

    If the block raises, what was there stays. Raises RunError if the disk refuses the file.
    """
    with target_file(path) as target:
        try:
            with target.temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RunError(run_text.target_unwritable(path, text.refused(error))) from error
        target.keep()


@contextlib.contextmanager
def made_folder(path: Path) -> Iterator[None]:
    """A folder that exists within the block, and after it if something is in it.

    Raises RunError if it cannot be made.
    """
    was_there = path.is_dir()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(run_text.target_unwritable(path, text.refused(error))) from error
    try:
        yield
    finally:
        if not was_there:
            with contextlib.suppress(OSError):  # it holds what was written
                path.rmdir()
