"""The load of the machine that the run trains on."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from typing import ClassVar

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from engine.text import harmless
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.panes.base.pane import Border, Pane, Standing
from tui.panes.machine import machine_explanation, machine_pane_text, machine_rows
from tui.terminal.viewer_cost import ViewerCost, cost_of

# What every epoch changes.
OF_EPOCHS = frozenset({events.EpochEnded, events.Checkpointed})


class MachinePane(Pane):
    """Load, memory, speed and disk."""

    # The speed is drawn with each sample of the hardware: every two seconds is enough.
    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {
            events.Hardware,
            events.Phase,
            events.RunStarted,
            events.EpochEnded,
            events.Checkpointed,
            events.RunEnded,
        }
    )
    NAME = "machine"
    TITLE = machine_pane_text.MACHINE_TITLE
    TAB = machine_pane_text.MACHINE_TAB
    GO_TO = machine_pane_text.GO_TO_MACHINE

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.cost: Callable[[], ViewerCost | None] = lambda: None
        """Returns the cost of the viewer itself."""
        self._user = _user()

    def on_mount(self) -> None:
        self.cost = cost_of(self.app)

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        """Draw again if needed; what short epochs change waits for the next sample."""
        self.history = history
        waits = kinds is not None and kinds & self.LISTENS <= OF_EPOCHS
        if not (waits and history.epochs_are_short):
            super().show(history, kinds)

    @classmethod
    def standing(cls, history: History) -> Standing:
        """A log does not tell of the machine."""
        return "absent" if history.is_log else "shown"

    def explain(self) -> Iterator[str]:
        return machine_explanation.sentences(self.history)

    def border(self, width: int, height: int, facts_room: int) -> Border:
        run = self.history.run
        host = (Span(harmless(run.host), "dim"),) if run else ()
        hidden = machine_rows.rows_hidden(self.history, width - 2, height - 2, self.cost())
        more = (Span(machine_pane_text.more(hidden), "dim"),) if hidden and height > 2 else ()
        foot = (
            (Span(machine_pane_text.AT_THE_END, "dim"),) if self.history.ended is not None else ()
        )
        return Border(fitting([host], facts_room), foot, more)

    def inside(self, width: int, height: int) -> list[Row]:
        return machine_rows.machine_pane(self.history, width, height, self.cost(), self._user)


def _user() -> str:
    """The name of the user of this viewer; empty if the system has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
