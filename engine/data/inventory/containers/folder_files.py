"""The files in a folder, by name: those of a container may be several."""

from __future__ import annotations

import os
from pathlib import Path

from engine import text
from engine.data.inventory import inventory_text
from engine.errors import DataError


def file_names(folder: Path) -> list[str]:
    """The names of the files in a folder that are not hidden, in order.

    Raises DataError where the folder cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            files = (entry.name for entry in entries if entry.is_file())
            return sorted(name for name in files if not name.startswith("."))
    except OSError as error:
        raise DataError(inventory_text.damaged(folder, text.reason(error))) from error
