"""Which run a command has taken, where that may surprise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli import cli_text
from tui.cli.stderr_lines import say

if TYPE_CHECKING:
    from engine.run.run_paths import RunDir


def tell_if_elsewhere(run: RunDir | None, runs_dir: Path, selector: str) -> None:
    """Say on stderr which run a name has found outside of the runs folder."""
    from engine.run import run_search

    if run is not None and run_search.is_elsewhere(run, runs_dir, selector):
        say(f"cnn-tui: {cli_text.from_elsewhere(run.path, runs_dir)}")
