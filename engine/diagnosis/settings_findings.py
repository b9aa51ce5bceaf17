"""Examines the user's own settings: the file, every value in force, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.catalog import config_trust, datasets, user_config
from engine.catalog.user_config import DATA_VARIABLE, RUNS_VARIABLE
from engine.diagnosis import diagnosis_text as words
from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding
from engine.errors import UsageError
from engine.recipes.recipe import FIELDS
from engine.run import on_end
from engine.text import folder

SECTION = "settings"


def settings(system: System, runs: Path, data_dir: str = "") -> Iterator[Finding]:
    """`runs` and `data_dir` are those of the command line."""
    yield _file(system)
    config = user_config.current()
    yield _runs_folder(system, runs, config.runs_folder)
    yield _data_folders(system, data_dir, config.data_folders)
    source = words.FILE if config.theme != "auto" else words.BUILT_IN
    yield Finding(SECTION, "theme", words.sourced(config.theme, source))
    yield _on_end(system)
    source = words.BUILT_IN if config.bell else words.FILE
    yield Finding(SECTION, "bell", words.sourced(str(config.bell).lower(), source))


def _file(system: System) -> Finding:
    file = user_config.config_file()
    shown = system.shown(str(file))
    try:
        user_config.read(FIELDS)
    except UsageError as error:
        return Finding(SECTION, "file", shown, "failure", str(error))
    if not file.exists():
        return Finding(SECTION, "file", words.no_file(shown))
    if doubt := config_trust.complaint():
        return Finding(SECTION, "file", shown, "warning", doubt)
    return Finding(SECTION, "file", shown)


def _runs_folder(system: System, runs: Path, in_file: str) -> Finding:
    variable = system.environment.get(RUNS_VARIABLE)
    source = words.OPTION_RUNS
    if str(runs) == str(Path(variable or in_file or "runs")):
        source = f"${RUNS_VARIABLE}" if variable else words.FILE if in_file else words.BUILT_IN
    return Finding(SECTION, "runs_folder", words.sourced(system.shown(str(runs)), source))


def _data_folders(system: System, data_dir: str, in_file: tuple[str, ...]) -> Finding:
    if data_dir:
        source = words.OPTION_DATA
    elif system.environment.get(DATA_VARIABLE):
        source = f"${DATA_VARIABLE}"
    else:
        source = words.FILE if in_file else words.BUILT_IN
    folders = map(folder, datasets.data_folders(data_dir))
    shown = ", ".join(map(system.shown, folders))
    return Finding(SECTION, "data_folders", words.sourced(shown, source))


def _on_end(system: System) -> Finding:
    command = on_end.command()
    if on_end.VARIABLE in system.environment:
        source = f"${on_end.VARIABLE}"
    else:
        source = words.FILE if command else words.BUILT_IN
    value = words.sourced(system.shown(command) or words.NONE, source)
    try:
        on_end.check(command)
    except UsageError as error:
        return Finding(SECTION, "on_end", value, "warning", str(error))
    return Finding(SECTION, "on_end", value)
