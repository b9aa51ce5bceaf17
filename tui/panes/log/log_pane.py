"""What happened, newest first."""

from __future__ import annotations

from typing import ClassVar

from textual import events as textual_events
from textual.binding import Binding, BindingType

from engine.protocol.events import Event
from engine.run.history import History
from tui.drawing import log_lines
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.panes.base.pane import Border, ScrollingPane
from tui.panes.log import log_text
from tui.widgets.strips import News


class LogPane(ScrollingPane):
    """Epochs, checkpoints, alerts; arrows scroll, `/` leaves only what has some words in it."""

    LISTENS: ClassVar[frozenset[type[Event]]] = News.LISTENS
    TITLE = log_text.LOG_TITLE
    KEYS = (("/", log_text.KEY_LOG_FILTER), ("↑↓", log_text.KEY_SCROLL))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", show=False),
        Binding("pagedown", "scroll_rows(10)", show=False),
        Binding("pageup", "scroll_rows(-10)", show=False),
        Binding("home,g", "scroll_rows(-1_000_000)", show=False),
        Binding("end,G", "scroll_rows(1_000_000)", show=False),
    ]

    def __init__(self, number: int, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(number, id=id)
        self.wanted = ""
        """Only entries with these words are shown."""
        self._typing = False
        # The newest entry that was drawn: who has scrolled down keeps what is before the eyes.
        self._newest = 0

    def count(self) -> int:
        return len(log_lines.matching(self.history.log, self.wanted))

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        entries = log_lines.matching(history.log, self.wanted)
        if self.first:
            newer = sum(event.seq > self._newest for event in entries)
            self.first = max(0, min(self.first + newer, len(entries) - 1))
        self._newest = history.last_seq
        super().show(history, kinds)

    def border(self, width: int, height: int, facts_room: int) -> Border:
        total, rows = self.count(), max(0, height - 2)
        place = log_text.log_place(self.first + 1, min(self.first + rows, total), total)
        facts = (Span(place, "dim"),) if total > rows > 0 or (self.wanted and total) else ()
        cursor = "▌" if self._typing else ""
        shown = bool(self.wanted) or self._typing
        foot = (Span("/ ", "key"), Span(f"{self.wanted}{cursor}")) if shown else ()
        return Border(fitting([facts], facts_room), foot)

    def inside(self, width: int, height: int) -> list[Row]:
        return log_lines.log_pane(
            self.history.log, width, height, first=self.first, wanted=self.wanted
        )

    def action_filter(self) -> None:
        self._typing = True
        self.redraw()

    def on_blur(self) -> None:
        self._typing = False

    def on_key(self, event: textual_events.Key) -> None:
        """While a filter is typed the keys are its letters; Enter keeps it, Escape drops it."""
        if not self._typing:
            return
        if event.key == "enter":
            self._typing = False
        elif event.key == "escape":
            self._typing, self.wanted = False, ""
        elif event.key == "backspace":
            self.wanted = self.wanted[:-1]
        elif event.is_printable and event.character:
            self.wanted += event.character
        else:
            return
        event.stop()
        event.prevent_default()
        self.first = 0
        self.redraw()
