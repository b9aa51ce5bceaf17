"""What the run does to the machine."""

from __future__ import annotations

from typing import ClassVar

from engine import events
from engine.events import Event
from engine.text import harmless
from tui import text
from tui.drawing import machine
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.panes.pane import Border, Pane


class MachinePane(Pane):
    """Load, memory, speed and disk."""

    # Speed comes with the steps and is drawn with the next sample: every two seconds is enough.
    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {events.Hardware, events.RunStarted, events.EpochEnded, events.Checkpointed}
    )
    TITLE = text.MACHINE_TITLE

    def border(self, width: int, height: int, facts_room: int) -> Border:
        run = self.history.run
        host = (Span(harmless(run.host), "dim"),) if run else ()
        return Border(fitting([host], facts_room))

    def inside(self, width: int, height: int) -> list[Row]:
        return machine.machine_pane(self.history, width, height)
