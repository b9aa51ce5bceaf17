"""The learning rate, past and planned."""

from __future__ import annotations

from typing import ClassVar

from engine import events
from engine.events import Event
from tui import text
from tui.drawing import axis, rate
from tui.drawing.cells import Row
from tui.panes.curves import epoch_span
from tui.panes.pane import Border, Pane


class RatePane(Pane):
    """The schedule over the x-axis of the curves."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset({events.Steps, events.RunStarted})
    TITLE = text.RATE_TITLE
    SHORT = text.RATE

    def border(self, width: int, height: int, facts_room: int) -> Border:
        gutter = axis.gutter(width - 2)
        ticks = axis.epoch_ticks(epoch_span(self.history), width - 2, left=gutter)
        return Border(rate.rate_facts(self.history, facts_room), ticks)

    def inside(self, width: int, height: int) -> list[Row]:
        return rate.rate_pane(self.history, width, height, span=epoch_span(self.history))
