"""The summaries of all runs of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.run import run_liveness, run_search
from tui.viewer.run_summary import RunSummary, summarize


class RunIndex:
    """The summaries of the runs of a folder."""

    def __init__(self, runs_dir: Path, cache_folder: Path | None = None) -> None:
        self._runs_dir = runs_dir

    def rows(self) -> list[RunSummary]:
        """Live runs first, then the newest. Raises RunError if the folder cannot be read."""
        return [*self.stream()]

    def stream(self) -> Iterator[RunSummary]:
        """The same runs in the same order, each as soon as it is known."""
        runs = run_search.list_runs(self._runs_dir)
        known = [(run, run_liveness.liveness(run)) for run in runs]
        for run, liveness in sorted(known, key=lambda pair: pair[1] != "live"):
            yield summarize(run, liveness)
