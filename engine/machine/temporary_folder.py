"""A temporary folder in TMPDIR."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine import text
from engine.errors import RunError


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that only this user can open, until the end of the block.

    Raises RunError where it cannot be made.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="cnn-tui-", ignore_cleanup_errors=True)
    except OSError as error:
        raise RunError(text.no_temporary_folder(text.reason(error))) from error
    with folder as path:
        yield Path(path)
