"""A pane of the dashboard in one file: how fast the training was in each epoch."""

from __future__ import annotations

from collections.abc import Iterator

from engine.protocol import events
from tui.drawing.cells import Row, Span
from tui.drawing.spark import bar
from tui.panes.base.pane import Border, Pane


class SpeedPane(Pane):
    """A bar for each epoch; the longest bar is the fastest epoch."""

    NAME = "speed"
    TITLE = "Speed"
    TAB = "speed"
    GO_TO = "Go to the speed"
    LISTENS = frozenset({events.EpochEnded})

    def explain(self) -> Iterator[str]:
        yield "Each bar is one epoch: how many training images a second the network learnt from."

    def border(self, width: int, height: int, facts_room: int) -> Border:
        return Border(facts=(Span("images/s", "dim"),))

    def inside(self, width: int, height: int) -> list[Row]:
        speeds = {epoch.epoch: epoch.images_per_second or 0.0 for epoch in self.history.epochs}
        fastest = max(speeds.values(), default=0.0) or 1.0
        rows: list[Row] = [
            (Span(f" epoch {epoch:<4} {speed:>7.0f} "), Span(bar(speed / fastest, 20), "train"))
            for epoch, speed in speeds.items()
        ]
        return rows[-height:] if height else []
