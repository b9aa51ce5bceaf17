"""The learning rate, past and planned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine import numbers
from engine.run.history import History
from tui import shared_text
from tui.drawing import drawing_text, learning_rate, place_words, plot, series
from tui.drawing.axis import Limits, Mark
from tui.drawing.cells import Row, Span
from tui.drawing.learning_rate import RatePoint
from tui.panes.base.chart import Chart
from tui.panes.base.pane import Border, Standing
from tui.panes.rate import rate_explanation, rate_text


class RatePane(Chart):
    """The schedule over the x-axis of the curves."""

    NAME = "rate"
    TITLE = rate_text.RATE_TITLE
    SHORT = TAB = shared_text.RATE
    GO_TO = rate_text.GO_TO_RATE
    # The rate of a column is known when the column begins, so the plot need not be renewed in it.
    RENEWED = math.inf

    def __init__(self, number: int) -> None:
        super().__init__(number)
        # The highest rate, and what it was looked up for: that takes as long as the plot.
        self._peak: RatePoint | None = None
        self._peak_of: tuple[object, ...] = ()

    @classmethod
    def standing(cls, history: History) -> Standing:
        return "shown" if history.has_rate else "absent"

    def explain(self) -> Iterator[str]:
        return rate_explanation.sentences(self.history)

    @property
    def window(self) -> Limits:
        """The whole planned run, also while the curves span less; the recent steps if chosen.

        Without a plan of the rate, what the curves span.
        """
        end = self.history.planned_places if self.history.plan is not None else None
        return super().window if self.view.recent or end is None else (0.0, float(end))

    def labels(self, width: int) -> Sequence[Mark]:
        """Where the run is, and the rate at the end of the plan and at its highest."""
        found: list[Mark] = []
        history = self.history
        if history.ended is None and history.step:
            found.append((series.epochs_done(history), Span(drawing_text.NOW, "key")))
        if self.view.recent:
            return found
        end, peak = learning_rate.end_rate(history), self._highest()
        if end is not None:
            rate = f"{drawing_text.END} {numbers.significant(end)}"
            found.append((self.window[1], Span(rate, "dim")))
        if peak is not None:
            rate = drawing_text.peak_at(numbers.significant(peak.rate), self._written(peak.epoch))
            found.append((peak.epoch, Span(rate, "dim")))
        return found

    def _written(self, place: float) -> str:
        """Where the peak is, without a fraction."""
        return place_words.number(self.history, round(place))

    def _highest(self) -> RatePoint | None:
        """The highest rate, looked up again where the plan or the newest column is another one."""
        asked = id(self.history), self.history.run, self.history.steered, self._reached
        if asked != self._peak_of:
            self._peak, self._peak_of = learning_rate.peak_rate(self.history), asked
        return self._peak

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
