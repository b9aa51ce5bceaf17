"""Sentences for the user about their own settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.text import harmless, nearest, typed

# What a key takes.
FOLDER = 'a folder as a string with its whole path, as in "/disk/runs" or "~/runs"'
FOLDERS = 'a list of folders with their whole paths, as in ["/disk/data", "~/data"]'
THEME = '"auto", "dark" or "light"'
COMMAND = 'a command as a string, as in "notify-send finished"'
TRUE_OR_FALSE = "true or false"


# What other places call a setting.
SYNONYMS: Mapping[str, str] = {
    "runs_dir": "runs_folder",
    "runs": "runs_folder",
    "data_dir": "data_folders",
    "data_folder": "data_folders",
}


def unreadable(file: Path, why: str) -> str:
    return f"your settings in {_shown(file)} cannot be read ({harmless(why)}): see who may read it."


def not_utf8(file: Path) -> str:
    return f"your settings in {_shown(file)} are not valid UTF-8: save the file as UTF-8."


def not_toml(file: Path, why: str, toml: str) -> str:
    """`why` is what tomllib says, which names the line except at the end of the file."""
    found = re.search(r"^(?P<why>.*) \(at (?:line (?P<line>\d+).*|end of document)\)", why, re.S)
    line = int(found["line"] or toml.rstrip("\n").count("\n") + 1) if found else 1
    said = harmless(found["why"] if found else why)
    return f"{_shown(file)} is not valid TOML in line {line} ({said}): correct that line."


def recipe_field(file: Path, key: str) -> str:
    return (
        f"'{key}' in {_shown(file)} is a field of a recipe, which belongs to a run and not to a "
        f"person: give it with --set {key}=VALUE, or in a file for --recipe."
    )


def unknown_key(file: Path, key: str, known: Iterable[str]) -> str:
    meant = SYNONYMS.get(key)
    hint = f"did you mean {meant}?" if meant else nearest(key, known)
    return f"there is no setting '{harmless(key)}' in {_shown(file)}: {hint}"


def bad_value(file: Path, key: str, value: object, wanted: str) -> str:
    shown = harmless(str(value))
    return f"{key} = {shown} is not possible in {_shown(file)}: {key} must be {wanted}."


def writable_by_others(path: Path) -> str:
    return (
        f"others can change {_shown(path)}, so no command on_end is taken from there: see that it "
        f"is yours, and type `chmod go-w {typed(str(path))}`."
    )


def readable_by_others(path: Path) -> str:
    return f"others can read {_shown(path)}: type `chmod 600 {typed(str(path))}`."


def not_in_recipe(key: str) -> str:
    """For a key of the user's settings in a recipe, which may come from somebody else."""
    hint = "give --on-end COMMAND, or set it" if key == "on_end" else "set it"
    return (
        f"'{key}' is not part of a recipe, which anybody may pass on: {hint} in "
        "~/.config/cnn-tui/config.toml."
    )


def _shown(path: Path) -> str:
    return harmless(str(path))
