"""Where a report may be written, and whether it can be drawn. Loads no torch and no matplotlib."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from engine import text
from engine.errors import UsageError
from engine.report import report_text
from engine.run.target_files import check_target, check_target_folder

PACKAGE = "matplotlib"


def check(target: Path, pictures: Path | None, *, force: bool) -> None:
    """Raise UsageError where matplotlib is missing, or a report must not be written.

    With `force` files are replaced, also those in the folder for pictures.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise UsageError(text.needs_packages("a report", [PACKAGE]))
    check_target(target, force=force)
    if pictures is None:
        return
    check_target_folder(pictures, "--pictures")
    if os.path.realpath(pictures) == os.path.realpath(target):
        raise UsageError(report_text.same_place(pictures))
    if not force and pictures.is_dir() and any(pictures.iterdir()):
        raise UsageError(report_text.pictures_exist(pictures))
