"""The line under the header that says in words how the run goes."""

from __future__ import annotations

from typing import ClassVar

from engine.protocol import events
from engine.protocol.events import Event
from tui.drawing.cells import Row
from tui.screens.verdicts import verdict_row, verdicts
from tui.widgets.strips import Strip


class VerdictLine(Strip):
    """The most important verdicts on the run."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {
            events.Phase,
            events.RunStarted,
            events.EpochEnded,
            events.LayerHealth,
            events.Hardware,
            events.Alert,
            events.RunEnded,
        }
    )

    def draw(self, width: int, height: int) -> list[Row]:
        return [verdict_row(verdicts(self.history, self.state.go_on, self.state.tests), width)]
