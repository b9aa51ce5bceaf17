"""The learning rate, past and planned."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tui import shared_text
from tui.drawing import learning_rate, plot
from tui.drawing.cells import Row
from tui.panes.base.chart import Chart
from tui.panes.base.pane import Border
from tui.panes.rate import rate_explanation, rate_text


class RatePane(Chart):
    """The schedule over the x-axis of the curves."""

    NAME = "rate"
    TITLE = rate_text.RATE_TITLE
    SHORT = TAB = shared_text.RATE
    GO_TO = rate_text.GO_TO_RATE
    # The rate of a column is known when the column begins, so the plot need not be renewed in it.
    RENEWED = math.inf

    def explain(self) -> Iterator[str]:
        return rate_explanation.sentences(self.history)

    def on_mount(self) -> None:
        if not plot.is_loaded():
            self.call_after_refresh(self._load)

    def _load(self) -> None:
        """Import plotext after the first frame: the rest of the screen does not wait for it."""
        plot.load()
        self.redraw()

    def border(self, width: int, height: int, facts_room: int) -> Border:
        at = self.cursor
        if at is None:
            return Border(learning_rate.rate_facts(self.history, facts_room), self.ticks(width))
        reach = self.reach(width)
        facts = learning_rate.rate_cursor_facts(self.history, at, reach, facts_room)
        return Border(facts, self.ticks(width))

    def plot(self, width: int, height: int) -> list[Row]:
        if not plot.is_loaded():
            return []
        return learning_rate.rate_pane(
            self.history, width, height, window=self.window, cursor=self.cursor
        )
