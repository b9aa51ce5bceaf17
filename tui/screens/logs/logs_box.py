"""The list of the logs below a folder, which is searched again from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from textual import work
from textual.message import Message

from engine.errors import EngineError
from engine.logs import log_search
from engine.logs.log_search import FoundLog, FoundLogs
from tui.drawing.cells import Span
from tui.screens.logs import logs_screen_text
from tui.viewer.log_list import log_columns, ordered
from tui.widgets.chooser import Chooser

# A search waits at least this long after the one before, and so many times as long as that took,
# so that it costs a hundredth of a core at most.
REST_SECONDS, REST = 2.0, 100


class LogsBox(Chooser):
    """The logs below a folder, live ones first."""

    class Unreadable(Message):
        """The folder could not be searched; `why` is a sentence."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    def __init__(
        self,
        folder: Path,
        found: FoundLogs,
        *,
        id: str,  # noqa: A002 (Textual's name)
        clock: Callable[[], float],
    ) -> None:
        super().__init__(id=id)
        self._folder, self._found, self._clock = folder, found, clock

    def on_mount(self) -> None:
        self.entitle((Span(logs_screen_text.logs_in(self._folder)),))
        self._show(self._found)
        self.set_timer(REST_SECONDS, self._search)

    @property
    def log_chosen(self) -> FoundLog | None:
        """The marked log; None where the filter lets none through."""
        return next((log for log in self._found.logs if str(log.path) == self.chosen), None)

    @work(thread=True)
    def _search(self) -> None:
        """Search in a thread: a slow disk takes long."""
        began = time.monotonic()
        try:
            found = log_search.below(self._folder) if self.screen.is_current else None
        except EngineError as error:
            self.post_message(self.Unreadable(str(error)))
            return
        self.app.call_from_thread(self._take, found, time.monotonic() - began)

    def _take(self, found: FoundLogs | None, took: float) -> None:
        if found is not None:
            self._show(found)
        self.set_timer(max(REST_SECONDS, REST * took), self._search)

    def _show(self, found: FoundLogs) -> None:
        self._found, now = found, self._clock()
        logs = ordered(found.logs, now)
        columns = log_columns(logs, self._folder, now)
        facts = (self.spelled(logs_screen_text.FILTER_HINT),)
        self.fill([str(log.path) for log in logs], columns, facts=facts)
        self.note("" if found.whole else logs_screen_text.PART)
