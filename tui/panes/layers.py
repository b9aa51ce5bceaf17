"""The layer table."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine import events
from engine.events import Event
from tui import text
from tui.drawing import layers
from tui.drawing.cells import Row
from tui.panes.pane import Border, Pane


class LayersPane(Pane):
    """Each layer with its output, parameters and multiply-accumulates."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset({events.RunStarted})
    TITLE = text.LAYERS_TITLE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_rows(1)", show=False),
        Binding("up,k", "scroll_rows(-1)", show=False),
    ]

    def __init__(self, number: int, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(number, id=id)
        self._first = 0

    def action_scroll_rows(self, rows: int) -> None:
        count = len(self.history.run.layers) if self.history.run else 0
        self._first = max(0, min(self._first + rows, count - 1))
        self.redraw()

    def border(self, width: int, height: int, facts_room: int) -> Border:
        return Border(layers.layer_facts(self.history.run, facts_room))

    def inside(self, width: int, height: int) -> list[Row]:
        table = self.history.run.layers if self.history.run else ()
        return layers.layer_table(table, width, height, self._first)
