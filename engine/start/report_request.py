"""Asks an engine process for a report on a run."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import msgspec

from engine.errors import UsageError
from engine.protocol.answers import Note, Progress, Written
from engine.protocol.requests import Report
from engine.recipes.recipe_building import read_recipe
from engine.run.run_paths import RunDir
from engine.run.target_files import check_target
from engine.start import start_text
from engine.start.engine_environment import environment
from engine.start.engine_request import EngineRequest

PACKAGE = "matplotlib"


def check(target: Path, pictures: Path | None, *, force: bool) -> None:
    """Raise UsageError where no report can be made, or something would be lost."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise UsageError(start_text.needs_package("a report", PACKAGE))
    check_target(target, force=force)
    if pictures is not None:
        _check_folder(pictures, force)
        if os.path.realpath(pictures) == os.path.realpath(target):
            raise UsageError(start_text.same_place(pictures))


def _check_folder(pictures: Path, force: bool) -> None:
    """Raise UsageError where it is no folder, or holds something that might be replaced."""
    if pictures.exists() and not pictures.is_dir():
        raise UsageError(start_text.is_no_folder(pictures))
    if not force and pictures.is_dir() and any(pictures.iterdir()):
        raise UsageError(start_text.exists(pictures))


def report(
    run: RunDir, target: Path, pictures: Path | None, *, images: bool
) -> EngineRequest[Progress | Note | Written]:
    """Ask for a report in an existing file, whose content is lost."""
    wanted = Report(
        run=os.fsencode(run.path.resolve()),
        target=os.fsencode(target.absolute()),
        pictures=os.fsencode(pictures.absolute()) if pictures is not None else b"",
        images=images,
    )
    decode = msgspec.json.Decoder(Progress | Note | Written).decode
    return EngineRequest(wanted, decode, start_text.REPORT, environment(read_recipe(run.recipe)))
