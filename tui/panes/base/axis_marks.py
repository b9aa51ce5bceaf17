"""Signs on the x-axis: the best epoch, and the steps of events."""

from __future__ import annotations

from engine.run.history import History
from tui.drawing.axis import Mark
from tui.drawing.cells import Span

BEST = Span("◆", "good")
# Of several at the same epoch, the first in this order is shown.
SIGNS = {
    "steer": Span("s", "rate"),
    "alert": Span("!", "warning"),
    "checkpoint": Span("c", "key"),
    "pause": Span("‖", "key"),
}


def event_marks(history: History) -> list[Mark]:
    """The best epoch, then the marks of each kind, newest first."""
    best = history.best
    found: list[Mark] = [(history.place(best), BEST)] if best else []
    for kind, sign in SIGNS.items():
        found += [
            (mark.step / history.steps_per_epoch, sign)
            for mark in reversed(history.marks)
            if mark.kind == kind
        ]
    return found
