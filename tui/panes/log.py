"""What happened, newest first."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.events import Event
from tui import text
from tui.drawing import log
from tui.drawing.cells import Row
from tui.panes.pane import Pane
from tui.panes.strips import News


class LogPane(Pane):
    """Epochs, checkpoints, alerts; arrows scroll."""

    LISTENS: ClassVar[frozenset[type[Event]]] = News.LISTENS
    TITLE = text.LOG_TITLE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_rows(1)", show=False),
        Binding("up,k", "scroll_rows(-1)", show=False),
    ]

    def __init__(self, number: int, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(number, id=id)
        self._first = 0

    def action_scroll_rows(self, rows: int) -> None:
        self._first = max(0, min(self._first + rows, len(self.history.log) - 1))
        self.redraw()

    def inside(self, width: int, height: int) -> list[Row]:
        return log.log_pane(self.history.log, width, height, first=self._first)
