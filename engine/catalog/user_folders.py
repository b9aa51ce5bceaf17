"""The user's own folders."""

from __future__ import annotations

import os
from pathlib import Path


def home_folder() -> Path:
    """The home folder; `/`, as in containers, for a user who has none."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def cache_folder() -> Path:
    """The user's folder for what can be made again."""
    return _base("XDG_CACHE_HOME", ".cache") / "cnn-tui"


def state_folder() -> Path:
    """The user's folder for what the program has to remember."""
    return _base("XDG_STATE_HOME", ".local/state") / "cnn-tui"


def config_folder() -> Path:
    """The user's folder for what they set themselves."""
    return _base("XDG_CONFIG_HOME", ".config") / "cnn-tui"


def _base(variable: str, default: str) -> Path:
    """The folder that a variable names; a relative path counts as none (XDG Base Directory)."""
    named = Path(os.environ.get(variable, ""))
    return named if named.is_absolute() else home_folder() / default
