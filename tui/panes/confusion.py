"""The confusion matrix of the last validation."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine import events
from engine.events import Event
from tui import text
from tui.drawing import confusion
from tui.drawing.cells import Row
from tui.panes.pane import Border, Pane


class ConfusionPane(Pane):
    """Row = true class; `%` toggles between per cent and counts."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset({events.Confusion, events.RunStarted})
    TITLE = text.CONFUSION_TITLE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("percent_sign", "toggle_counts", show=False),
    ]

    def __init__(self, number: int, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(number, id=id)
        self._in_counts = False

    def action_toggle_counts(self) -> None:
        self._in_counts = not self._in_counts
        self.redraw()

    def border(self, width: int, height: int, facts_room: int) -> Border:
        matrix, classes = self.history.confusion, self.history.classes
        return Border(
            confusion.confusion_facts(matrix, classes, facts_room, self._in_counts),
            confusion.confusion_foot(matrix, classes, width - 2, height - 2, self._in_counts),
        )

    def inside(self, width: int, height: int) -> list[Row]:
        matrix, classes = self.history.confusion, self.history.classes
        return confusion.confusion_pane(matrix, classes, width, height, self._in_counts)
