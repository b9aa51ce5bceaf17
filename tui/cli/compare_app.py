"""The app that opens a comparison."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual.screen import Screen

from tui.app import CnnTui
from tui.viewer.compared_axes import Axis
from tui.viewer.event_source import EventSource


class CompareApp(CnnTui):
    """Compares runs and logs; see `CompareScreen` for the arguments."""

    def __init__(
        self,
        sources: Sequence[EventSource],
        runs_dir: Path,
        axis: Axis | None = None,
        baseline: str = "",
        *,
        ascii_only: bool = False,
        typed: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(runs_dir, ascii_only=ascii_only, typed=typed, clock=clock)
        self._sources, self._axis, self._baseline = sources, axis, baseline

    def first_screen(self) -> Screen[Any]:
        from tui.screens.compare.compare_screen import CompareScreen

        return CompareScreen(
            self._sources, axis=self._axis, baseline=self._baseline, clock=self.clock
        )
