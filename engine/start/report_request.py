"""Asks an engine process for a report on a run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import msgspec

from engine.errors import UsageError
from engine.protocol.answers import Note, Progress, Written
from engine.protocol.requests import Report
from engine.recipes.recipe_building import read_recipe
from engine.run.run_paths import RunDir
from engine.start import start_text
from engine.start.engine_environment import environment
from engine.start.engine_request import EngineRequest

PACKAGE = "matplotlib"


def report(
    run: RunDir, target: Path, pictures: Path | None, *, images: bool, force: bool
) -> EngineRequest[Progress | Note | Written]:
    """Ask for a report. Raises UsageError where it cannot be made, or a file would be replaced."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise UsageError(start_text.needs_package("a report", PACKAGE))
    if target.is_dir():
        raise UsageError(start_text.is_a_folder(target))
    if target.exists() and not force:
        raise UsageError(start_text.exists(target))
    if pictures is not None:
        _check_folder(pictures, force)
    wanted = Report(
        run=str(run.path.resolve()),
        target=str(target.absolute()),
        pictures=str(pictures.absolute()) if pictures is not None else "",
        images=images,
    )
    decode = msgspec.json.Decoder(Progress | Note | Written).decode
    return EngineRequest(wanted, decode, start_text.REPORT, environment(read_recipe(run.recipe)))


def _check_folder(pictures: Path, force: bool) -> None:
    """Raise UsageError where it is no folder, or holds something that might be replaced."""
    if pictures.exists() and not pictures.is_dir():
        raise UsageError(start_text.is_no_folder(pictures))
    if not force and pictures.is_dir() and any(pictures.iterdir()):
        raise UsageError(start_text.exists(pictures))
