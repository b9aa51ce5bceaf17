"""The app that opens the screen of a race."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.screen import Screen

from tui.app import CnnTui


class RaceApp(CnnTui):
    """Shows the race of the runs folder with this label."""

    def __init__(
        self,
        runs_dir: Path,
        label: str,
        *,
        ascii_only: bool = False,
        typed: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(runs_dir, ascii_only=ascii_only, typed=typed, clock=clock)
        self._label = label

    def first_screen(self) -> Screen[Any]:
        from tui.screens.race.race_screen import RaceScreen

        return RaceScreen(self._runs_dir, self._label, clock=self.clock)
