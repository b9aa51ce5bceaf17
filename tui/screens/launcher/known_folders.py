"""Remembers the folders and files of images that runs were made from, newest first."""

from __future__ import annotations

import contextlib
from pathlib import Path

from engine import regular_files
from engine.run import durable_files, run_paths

MOST = 20


def known() -> list[str]:
    """The folders and files that are still there."""
    try:
        lines = regular_files.read_text(_file()).splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [line for line in lines[:MOST] if Path(line).exists()]


def remember(folder: str) -> None:
    """Put this folder first. What cannot be kept is forgotten."""
    if not folder.isprintable():
        return
    lines = [folder, *(line for line in known() if line != folder)]
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        durable_files.write_durably(_file(), "\n".join(lines[:MOST]).encode())


def _file() -> Path:
    return run_paths.state_dir().parent / "folders"
