"""What happened, newest first."""

from __future__ import annotations

from typing import ClassVar

from engine.events import Event
from tui import text
from tui.drawing import log
from tui.drawing.cells import Row
from tui.panes.pane import ScrollingPane
from tui.panes.strips import News


class LogPane(ScrollingPane):
    """Epochs, checkpoints, alerts; arrows scroll."""

    LISTENS: ClassVar[frozenset[type[Event]]] = News.LISTENS
    TITLE = text.LOG_TITLE

    def count(self) -> int:
        return len(self.history.log)

    def inside(self, width: int, height: int) -> list[Row]:
        return log.log_pane(self.history.log, width, height, first=self.first)
