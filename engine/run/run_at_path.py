"""Finds the run that a path means: that of its folder, or of a checkpoint in it."""

from __future__ import annotations

import os
from pathlib import Path

from engine.run.run_paths import RunDir


def path_typed(selector: str) -> Path:
    """The path that a selector may be."""
    return Path(os.path.expanduser(selector))


def is_path(selector: str) -> bool:
    """Whether a selector can only be a path."""
    return os.sep in selector or selector in (".", "..")


def run_at(path: Path) -> RunDir | None:
    """The run with this folder, or in whose folder this checkpoint lies."""
    if os.path.isfile(path):
        return run_of(path)
    return RunDir(path.resolve()) if os.path.exists(path / "recipe.toml") else None


def run_of(file: Path) -> RunDir | None:
    """The run in whose folder for checkpoints this file lies."""
    folder = file.parent.resolve()  # a cache links a name to content without one
    run = RunDir(folder.parent)
    return run if folder == run.checkpoints and os.path.exists(run.recipe) else None
