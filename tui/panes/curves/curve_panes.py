"""Loss and accuracy over the epochs, on the x-axis that the learning rate shares."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import ClassVar

from msgspec import UNSET
from textual.binding import Binding, BindingType

from engine.protocol.events import Event, known
from engine.run.history import History
from tui import shared_text
from tui.drawing import curve_facts, place_words, series
from tui.drawing.cells import Row
from tui.drawing.curve_facts import CursorReading
from tui.drawing.curves import curve_pane
from tui.drawing.scale import Scale
from tui.drawing.series import Series
from tui.panes.base import pane_text
from tui.panes.base.pane import NARROW, Border, Standing
from tui.panes.base.smoothed_chart import SmoothedChart
from tui.panes.curves import curves_explanation, curves_text

# The cells of the lower border for its corners, the word `epoch` and the first and last numbers.
NUMBERS = 20


class _CurvePane(SmoothedChart):
    """One quantity. Each drawing keeps the y limits of the one before while they suit it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._scale: Scale | None = None
        # The settings of the view that the scale was made for.
        self._scaled_for: tuple[object, ...] = ()

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        if history is not self.history:
            self._scale = None
        super().show(history, kinds)

    def series(self) -> Series:
        """The measured curves, whole and unsmoothed."""
        raise NotImplementedError

    def scale(self, drawn: Series, previous: Scale | None) -> Scale:
        """The y-axis for what is drawn."""
        raise NotImplementedError

    def facts(self, room: int) -> Row:
        """The newest numbers, in a form that fits into `room` cells."""
        raise NotImplementedError

    def border(self, width: int, height: int, facts_room: int) -> Border:
        at = self.cursor
        if at is None:
            return Border(self.facts(facts_room), self.ticks(width))
        reading = self._reading(at, self.reach(width))
        return Border(curve_facts.cursor_facts(reading, facts_room), self.ticks(width))

    def plot(self, width: int, height: int) -> list[Row]:
        drawn, settings = self.as_viewed(self.series()), self.settings
        self._scale = self.scale(drawn, self._scale if settings == self._scaled_for else None)
        self._scaled_for = settings
        return curve_pane(
            drawn,
            width,
            height,
            window=self.window,
            scale=self._scale,
            cursor=self.cursor,
            ended=self.history.ended is not None,
        )

    def _reading(self, at: float, reach: float) -> CursorReading:
        """The measured values at the epoch `at`."""
        whole = series.in_detail(self.series(), self.history.steps_per_epoch)
        ended = bisect.bisect_right(whole.points, at, key=lambda point: point[0])
        place, validation = whole.points[ended - 1] if ended else (None, None)
        train = series.nearest(whole.line, at, reach)
        last = "" if place is None else place_words.number(self.history, place)
        return CursorReading(place_words.forms(self.history, at), train, validation, last)


class LossPane(_CurvePane):
    """The loss in training and validation: cross-entropy, unless another program says its own."""

    NAME = "loss"
    TITLE = shared_text.LOSS_TITLE
    GO_TO = curves_text.GO_TO_LOSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("L", "log_scale", curves_text.SHOW_LOG_SCALE, show=False)
    ]
    KEYS = (*SmoothedChart.KEYS, ("L", pane_text.KEY_LOG_SCALE))

    @classmethod
    def standing(cls, history: History) -> Standing:
        told = history.loss or any(epoch.loss is not UNSET for epoch in history.epochs)
        other = history.has_top1 or len(history.scalars) > 1
        return "absent" if history.watched is not None and other and not told else "shown"

    def explain(self) -> Iterator[str]:
        return curves_explanation.of_loss(self.history)

    def series(self) -> Series:
        return series.loss_series(self.history)

    def scale(self, drawn: Series, previous: Scale | None) -> Scale:
        return series.loss_scale(
            drawn,
            len(self.history.classes),
            log=self.log_scale,
            close=self.view.recent,
            previous=previous,
        )

    def facts(self, room: int) -> Row:
        return curve_facts.loss_facts(self.history, room, known(self.history.first_loss))


class AccuracyPane(_CurvePane):
    """Top-1 accuracy in training and validation, in per cent."""

    NAME = "accuracy"
    TITLE = curves_text.ACCURACY_TITLE
    SHORT = shared_text.ACCURACY_TITLE_SHORT
    GO_TO = curves_text.GO_TO_ACCURACY

    @classmethod
    def standing(cls, history: History) -> Standing:
        return "shown" if history.has_top1 else "absent"

    def explain(self) -> Iterator[str]:
        return curves_explanation.of_accuracy(self.history)

    def series(self) -> Series:
        return series.accuracy_series(self.history)

    def scale(self, drawn: Series, previous: Scale | None) -> Scale:
        return series.accuracy_scale(drawn, close=self.view.recent, previous=previous)

    def facts(self, room: int) -> Row:
        return curve_facts.accuracy_facts(self.history, room)

    def note(self, width: int) -> Row:
        """The best epoch and the test, which a narrow upper border leaves out."""
        return curve_facts.best_note(self.history, width - NUMBERS) if width < NARROW else ()
