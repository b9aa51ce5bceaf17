"""The log of the events of a run, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import events as textual_events
from textual.binding import Binding, BindingType

from engine.protocol.events import Alert, Checkpointed, Event
from engine.run.history import History
from tui import shared_text
from tui.drawing import log_lines
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.panes.base import line_editing
from tui.panes.base.pane import Border, Pane
from tui.panes.log import log_text
from tui.widgets.key_group import KeyGroup
from tui.widgets.strips import News


class LogPane(Pane):
    """Epochs, checkpoints, alerts; arrows scroll, `/` filters by words."""

    LISTENS: ClassVar[frozenset[type[Event]]] = News.LISTENS
    NAME = "log"
    TITLE = log_text.LOG_TITLE
    TAB = log_text.LOG_TAB
    GO_TO = log_text.GO_TO_LOG
    SHORTCUT = "0"
    KEY_HELP = (KeyGroup(log_text.HELP_TITLE, log_text.HELP_ROWS),)
    BEFORE_START = True
    KEYS = (("/", shared_text.KEY_FILTER), ("↑↓", log_text.KEY_SCROLL))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", shared_text.FILTER, show=False),
        Binding("down,j", "scroll_rows(1)", show=False),
        Binding("up,k", "scroll_rows(-1)", show=False),
        Binding("pagedown", "scroll_rows(10)", show=False),
        Binding("pageup", "scroll_rows(-10)", show=False),
        Binding("home,g", "scroll_rows(-1_000_000)", show=False),
        Binding("end,G", "scroll_rows(1_000_000)", show=False),
    ]

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.first = 0
        """The newest entry that is shown, counted from 0."""
        self.wanted = ""
        """Only entries that contain this text are shown."""
        self._typing = False
        # The newest event that was drawn: after scrolling down, the entries on the screen stay.
        self._newest = 0

    def explain(self) -> Iterator[str]:
        yield log_text.EXPLAIN_LOG
        history = self.history
        warnings = [e for e in history.log if isinstance(e, Alert) and e.level != "info"]
        failed = history.ended is not None and history.ended.reason == "failed"
        if warnings:
            yield log_text.explain_warnings(len(warnings))
        if failed:
            yield log_text.EXPLAIN_FAILED
        elif history.log and not warnings:
            yield log_text.explain_no_warnings(len(history.log))
        files = {event.file for event in history.log if isinstance(event, Checkpointed)}
        yield from (words for file, words in log_text.EXPLAIN_FILES.items() if file in files)

    @property
    def _count(self) -> int:
        return len(log_lines.matching(self.history.log, self.wanted))

    def action_scroll_rows(self, rows: int) -> None:
        self.first = max(0, min(self.first + rows, self._count - 1))
        self.redraw()

    def turn_wheel(self, rows: int) -> None:
        self.action_scroll_rows(rows)

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        entries = log_lines.matching(history.log, self.wanted)
        if self.first:
            newer = sum(event.seq > self._newest for event in entries)
            self.first = max(0, min(self.first + newer, len(entries) - 1))
        self._newest = history.last_seq
        super().show(history, kinds)

    def border(self, width: int, height: int, facts_room: int) -> Border:
        total, rows = self._count, max(0, height - 2)
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
        """While the user types a filter, keys edit it; Enter keeps it, Escape drops it."""
        if not self._typing:
            return
        edited = line_editing.edited(self.wanted, event)
        if event.key == "enter":
            self._typing = False
        elif event.key == "escape":
            self._typing, self.wanted = False, ""
        elif edited is not None:
            self.wanted = edited
        else:
            return
        event.stop()
        event.prevent_default()
        self.first = 0
        self.redraw()
