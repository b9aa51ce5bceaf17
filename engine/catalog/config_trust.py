"""Whether the user's own settings may name a command: only where nobody else can change them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.catalog import user_config
from engine.catalog import user_config_text as words

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS_ANY = stat.S_IRWXG | stat.S_IRWXO


def trusted_on_end() -> str:
    """The command of the user's file for the end of a run; empty where others can change it."""
    return "" if writable_by_others(user_config.config_file()) else user_config.current().on_end


def complaint() -> str:
    """The sentence about a file that others can change or read; empty where they cannot.

    One that sets nothing may be read by all.
    """
    file = user_config.config_file()
    if path := writable_by_others(file):
        return words.writable_by_others(path)
    is_private = user_config.current() == user_config.BUILT_IN or not _mode(file) & OTHERS_ANY
    return "" if is_private else words.readable_by_others(file)


def writable_by_others(file: Path) -> Path | None:
    """This file, or its folder, if others can change it; None also where there is no such file."""
    paths = (file, file.parent) if file.exists() else ()
    return next((path for path in paths if _mode(path) & OTHERS_WRITE), None)


def _mode(path: Path) -> int:
    """The permissions of a path, all of them if it belongs to somebody else; 0 if it is not there.

    A link counts as what it leads to.
    """
    try:
        found = os.stat(path)
    except OSError:
        return 0
    ours = found.st_uid in (os.getuid(), 0)
    return stat.S_IMODE(found.st_mode) if ours else stat.S_IRWXU | OTHERS_ANY
