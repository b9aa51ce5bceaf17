"""The runs that this viewer has started from its lists."""

from __future__ import annotations

from engine.run.run_paths import RunDir
from tui import shared_text
from tui.viewer import run_summary


class StartedRuns:
    """Says of those that live on how to come back to them."""

    def __init__(self) -> None:
        self._runs: list[RunDir] = []

    def add(self, run: RunDir) -> None:
        self._runs.append(run)

    @property
    def farewell(self) -> str:
        left = {"live": shared_text.goes_on, "paused": shared_text.stays_paused}
        states = ((run, run_summary.state_now(run)) for run in self._runs)
        return "\n".join(
            left[state](run.label, run.selector) for run, state in states if state in left
        )
