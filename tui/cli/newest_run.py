"""The newest run, which a command means that names none, and whether another one is live."""

from __future__ import annotations

from pathlib import Path

from engine.run import run_liveness, run_search
from engine.run.run_paths import RunDir
from tui.cli import cli_text


def live_instead(newest: RunDir, runs_dir: Path) -> str:
    """If the newest run is not live, a sentence that names the newest one that is, if any."""
    if run_liveness.is_live(newest):
        return ""
    live = next(filter(run_liveness.is_live, run_search.list_runs(runs_dir)), None)
    if live is None:
        return ""
    return cli_text.another_is_live(newest.label, live.label, live.selector)
