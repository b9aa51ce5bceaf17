"""The layer table."""

from __future__ import annotations

from typing import ClassVar

from engine import events
from engine.events import Event
from tui import text
from tui.drawing import layers
from tui.drawing.cells import Row
from tui.panes.pane import Border, ScrollingPane


class LayersPane(ScrollingPane):
    """Each layer with its output, parameters and multiply-accumulates."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset({events.RunStarted})
    TITLE = text.LAYERS_TITLE

    def count(self) -> int:
        return len(self.history.run.layers) if self.history.run else 0

    def border(self, width: int, height: int, facts_room: int) -> Border:
        return Border(layers.layer_facts(self.history.run, facts_room))

    def inside(self, width: int, height: int) -> list[Row]:
        table = self.history.run.layers if self.history.run else ()
        return layers.layer_table(table, width, height, self.first)
