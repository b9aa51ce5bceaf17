"""Recipes as TOML: files, and the values of `--set`."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from engine import regular_files, text
from engine.errors import RunError, UsageError
from engine.recipes import recipe_text
from engine.recipes.recipe import COMMENTS, FIELDS, Recipe, Resolved

# Also as C and Python write numbers.
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
# Fields that are lists of numbers.
OF_NUMBERS = ("bands", "levels", "milestones", "crop_scale", "crop_ratio")
# The table of a watched run's file, which has no recipe.
WATCHED = "watched"
# The beginning of a line that tells what a resume changed.
NOTE = "# Changed "


def parse_setting(setting: str) -> tuple[str, object]:
    """Split `lr=0.1` into a key and a TOML value; a bare word is a string.

    A list of numbers needs no brackets, and nothing is an empty one. Takes numbers that TOML
    refuses, too: `.01`, `1.`, `007`. Raises UsageError if there is no `=`, and for a NUL.
    """
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise UsageError(recipe_text.not_a_setting(setting))
    try:
        parsed: object = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):  # not TOML: a bare word, or nonsense, refused later
        parsed = _number(value.strip())
    key = key.strip().replace("-", "_")
    if key in OF_NUMBERS and isinstance(parsed, str) and ("," in parsed or not parsed):
        parsed = [_number(word.strip()) for word in parsed.split(",") if parsed]
    _check_texts({key: parsed})
    return key, parsed


def _number(word: str) -> int | float | str:
    """The number that a word means, else the word."""
    if not NUMBER.fullmatch(word):
        return word
    return int(word) if word.lstrip("+-").isdecimal() else float(word)


def read_toml(path: Path) -> str:
    """The text of a recipe file. Raises UsageError if it cannot be read."""
    try:
        # Some editors put a byte order mark first.
        return regular_files.read_text(path, "utf-8-sig")
    except OSError as error:
        raise UsageError(recipe_text.unreadable_recipe(path, text.reason(error))) from error
    except ValueError as error:
        raise UsageError(recipe_text.recipe_not_utf8(path)) from error


def read_fields(path: Path) -> dict[str, object]:
    """The fields of a recipe file, unchecked.

    Raises UsageError if it cannot be read or a text has a NUL, and RunError if it is that of a
    watched run, which has no recipe.
    """
    toml = read_toml(path)
    try:
        fields = tomllib.loads(toml)
    except (ValueError, RecursionError) as error:
        raise UsageError(recipe_text.recipe_not_toml(path, str(error))) from error
    program = watched_program(fields)
    if program is not None:
        raise RunError(recipe_text.no_recipe(path.absolute().parent.name, program))
    _check_texts(fields)
    return fields


def _check_texts(fields: Mapping[str, object]) -> None:
    """Raise UsageError for a NUL, which TOML can write, and which no path and no name has."""
    for key, value in fields.items():
        if isinstance(value, str) and "\0" in value:
            raise UsageError(recipe_text.no_text(key))


def watched_program(fields: Mapping[str, object]) -> str | None:
    """The program that a watched run's file names; None if it is the file of no watched run."""
    table = fields.get(WATCHED)
    return str(table.get("program", "")) if isinstance(table, dict) else None


def to_toml(recipe: Recipe, resolved: Resolved | None = None) -> str:
    """The recipe as commented TOML, with a `[resolved]` table once a run has started."""
    lines = "".join(_toml_line(key, getattr(recipe, key)) for key in FIELDS)
    return lines if resolved is None else lines + resolved_table(resolved)


def resolved_table(resolved: Resolved) -> str:
    """The part of a recipe file that an engine adds when it has started."""
    lines = ["", "# The value chosen for every auto on this device.", "[resolved]"]
    lines += [f"{key} = {toml_value(getattr(resolved, key))}" for key in Resolved.__struct_fields__]
    return "\n".join(lines) + "\n"


def with_changes(toml: str, changes: Mapping[str, object], note: str) -> str:
    """The text of a run's recipe with other values of some fields, and a note on top about it.

    A field that was resolved gets its value there, too; `auto` is resolved again.
    """
    notes = [*notes_in(toml), f"{NOTE}{note}\n"]
    lines = [line for line in toml.splitlines(keepends=True) if line not in notes]
    for key, value in changes.items():
        # Fields stand before the table, which has some of their names.
        table = next((i for i, line in enumerate(lines) if line.startswith("[")), len(lines))
        places = [i for i, line in enumerate(lines) if re.match(rf"{key}\s*=", line)]
        for resolved in (place for place in reversed(places) if place > table):
            line = f"{key} = {toml_value(value)}\n"
            lines[resolved : resolved + 1] = [] if value == "auto" else [line]
        at = next((place for place in places if place < table), None)
        lines[slice(0, 0) if at is None else slice(at, at + 1)] = [_toml_line(key, value)]
    return "".join([*notes, *lines])


def notes_in(toml: str) -> list[str]:
    """The lines of a run's recipe that tell what a resume changed."""
    return [line for line in toml.splitlines(keepends=True) if line.startswith(NOTE)]


def _toml_line(key: str, value: object) -> str:
    line = f"{key} = {toml_value(value)}"
    return f"{line:<32}  # {COMMENTS[key]}\n" if key in COMMENTS else f"{line}\n"


def toml_value(value: object) -> str:
    """A value as a recipe file has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    # A JSON scalar is a TOML scalar, except that TOML wants DEL escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def as_setting(value: object) -> str:
    """A value as `--set KEY=` takes it."""
    return value if isinstance(value, str) else toml_value(value)
