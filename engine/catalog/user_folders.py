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
    return Path(os.environ.get("XDG_CACHE_HOME") or home_folder() / ".cache") / "cnn-tui"


def state_folder() -> Path:
    """The user's folder for what the program has to remember."""
    return Path(os.environ.get("XDG_STATE_HOME") or home_folder() / ".local/state") / "cnn-tui"
