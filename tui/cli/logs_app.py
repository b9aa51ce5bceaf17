"""The app that lists the logs below a folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.screen import Screen

from engine.logs.log_search import FoundLog, FoundLogs
from tui.app import CnnTui
from tui.viewer.event_source import EventSource


class LogsApp(CnnTui):
    """Opens the list of logs; `open_log` makes one a source of events."""

    def __init__(
        self,
        folder: Path,
        found: FoundLogs,
        open_log: Callable[[FoundLog], EventSource],
        *,
        ascii_only: bool = False,
        typed: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(folder, ascii_only=ascii_only, typed=typed, clock=clock)
        self._folder, self._found, self._open_log = folder, found, open_log

    def first_screen(self) -> Screen[Any]:
        from tui.screens.logs.logs_screen import LogsScreen

        return LogsScreen(self._folder, self._found, self._open_log, self.clock)
