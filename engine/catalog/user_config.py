"""The user's settings for all runs: `~/.config/cnn-tui/config.toml`.

They give way to environment variables, and these to options. None of them is part of a recipe: a
run is what its recipe says, on whatever machine it is repeated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import msgspec

from engine import regular_files
from engine.catalog import user_config_text as words
from engine.catalog.user_folders import config_folder, home_folder
from engine.errors import UsageError
from engine.text import reason

RUNS_VARIABLE, DATA_VARIABLE = "CNN_TUI_RUNS", "CNN_TUI_DATA"

Theme: TypeAlias = Literal["auto", "dark", "light"]


class UserConfig(msgspec.Struct, frozen=True):
    """The settings, each with its built-in value.

    `runs_folder` is empty for `./runs`. `data_folders` are searched in place of the usual ones.
    `on_end` is the command that runs when a run has ended. `bell` rings then, where it is watched.
    """

    runs_folder: str = ""
    data_folders: tuple[str, ...] = ()
    theme: Theme = "auto"
    on_end: str = ""
    bell: bool = True


BUILT_IN = UserConfig()
KEYS = UserConfig.__struct_fields__


def config_file() -> Path:
    return config_folder() / "config.toml"


def read(known_fields: Container[str] = ()) -> UserConfig:
    """The settings of the user's file, those of `BUILT_IN` without one.

    `known_fields` are those of a recipe, which belong elsewhere. Raises UsageError for a file that
    cannot be read, and for a key or value that no setting has.
    """
    file = config_file()
    try:
        toml = regular_files.read_text(file, "utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return BUILT_IN
    except OSError as error:
        raise UsageError(words.unreadable(file, reason(error))) from error
    except ValueError as error:
        raise UsageError(words.not_utf8(file)) from error
    return _parsed(toml, file, known_fields)


def _parsed(toml: str, file: Path, known_fields: Container[str]) -> UserConfig:
    import tomllib  # takes milliseconds, and most users have no such file

    try:
        values = tomllib.loads(toml)
    except (ValueError, RecursionError) as error:
        raise UsageError(words.not_toml(file, str(error), toml)) from error
    for key in values:
        if key in known_fields and key not in words.SYNONYMS:
            raise UsageError(words.recipe_field(file, key))
        if key not in KEYS:
            raise UsageError(words.unknown_key(file, key, KEYS))
    return UserConfig(**{key: _checked(file, key, value) for key, value in values.items()})


def _checked(file: Path, key: str, value: object) -> Any:
    """The value of a key, folders in full. Raises UsageError for one that it cannot have."""
    fits, wanted = ALLOWED[key]
    if not fits(value):
        raise UsageError(words.bad_value(file, key, value, wanted))
    if key == "runs_folder":
        return _in_full(str(value))
    if key == "data_folders":
        return tuple(_in_full(folder) for folder in cast(list[str], value))
    return value


def _is_folder(value: object) -> bool:
    """Whether it is a path that means the same wherever the program is started."""
    return isinstance(value, str) and value.startswith(("/", "~/")) and "\0" not in value


def _are_folders(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_folder, value))


def _in_full(folder: str) -> str:
    return str(home_folder() / folder[2:]) if folder.startswith("~/") else folder


ALLOWED: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "runs_folder": (_is_folder, words.FOLDER),
    "data_folders": (_are_folders, words.FOLDERS),
    "theme": (lambda value: value in ("auto", "dark", "light"), words.THEME),
    "on_end": (lambda value: isinstance(value, str) and "\0" not in value, words.COMMAND),
    "bell": (lambda value: isinstance(value, bool), words.TRUE_OR_FALSE),
}


def current() -> UserConfig:
    """The settings as `read` has them, or `BUILT_IN` where the file is wrong.

    For what goes on whatever the file says; the command line checks it.
    """
    file = config_file()
    try:
        found = os.stat(file)
    except OSError:
        return BUILT_IN
    return _read_once(str(file), str(home_folder()), found.st_mtime_ns, found.st_size, found.st_ino)


@lru_cache(maxsize=4)
def _read_once(*identity: object) -> UserConfig:
    """The file of this identity; it is asked for at each drawing of a screen."""
    try:
        return read()
    except UsageError:
        return BUILT_IN
