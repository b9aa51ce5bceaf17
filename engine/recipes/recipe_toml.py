"""Recipes as TOML: files, and the values of `--set`."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from engine import text
from engine.errors import UsageError
from engine.recipes import recipe_text
from engine.recipes.recipe import COMMENTS, FIELDS, Recipe, Resolved

# Also as C and Python write numbers.
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def parse_setting(setting: str) -> tuple[str, object]:
    """Split `lr=0.1` into a key and a TOML value; a bare word is a string.

    Takes numbers that TOML refuses, too: `.01`, `1.`, `007`. Raises UsageError if there is no `=`.
    """
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise UsageError(recipe_text.not_a_setting(setting))
    try:
        parsed: object = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):  # not TOML: a bare word, or nonsense, refused later
        parsed = _number(value.strip())
    return key.strip().replace("-", "_"), parsed


def _number(word: str) -> int | float | str:
    """The number that a word means, else the word."""
    if not NUMBER.fullmatch(word):
        return word
    return int(word) if word.lstrip("+-").isdecimal() else float(word)


def read_fields(path: Path) -> dict[str, object]:
    """The fields of a recipe file, unchecked. Raises UsageError if it cannot be read."""
    try:
        # Some editors put a byte order mark first.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(recipe_text.unreadable_recipe(path, text.reason(error))) from error
    except UnicodeDecodeError as error:
        raise UsageError(recipe_text.recipe_not_utf8(path)) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(recipe_text.recipe_not_toml(path, str(error))) from error


def to_toml(recipe: Recipe, resolved: Resolved | None = None) -> str:
    """The recipe as commented TOML, with a `[resolved]` table once a run has started."""
    lines = [_toml_line(key, getattr(recipe, key)) for key in FIELDS]
    if resolved is not None:
        lines += ["", "# The value chosen for every auto on this device.", "[resolved]"]
        lines += [f"{key} = {_toml(getattr(resolved, key))}" for key in Resolved.__struct_fields__]
    return "\n".join(lines) + "\n"


def _toml_line(key: str, value: object) -> str:
    line = f"{key} = {_toml(value)}"
    return f"{line:<32}  # {COMMENTS[key]}" if key in COMMENTS else line


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # A JSON scalar is a TOML scalar, except that TOML wants DEL escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def as_setting(value: object) -> str:
    """A value as `--set KEY=` takes it."""
    return value if isinstance(value, str) else _toml(value)
