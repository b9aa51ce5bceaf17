"""Loss and accuracy over the epochs, on the x-axis that the learning rate shares."""

from __future__ import annotations

from typing import ClassVar

from engine import events
from engine.events import Event
from engine.history import History
from tui import text
from tui.drawing import axis, facts, series
from tui.drawing.axis import Limits
from tui.drawing.cells import Row, Span
from tui.drawing.curves import curve_pane
from tui.drawing.series import Series
from tui.panes.pane import Border, Pane


def epoch_span(history: History) -> int:
    """How many epochs the x-axis of this run holds now."""
    planned = history.epochs_planned
    return axis.epoch_span(series.epochs_done(history), planned)


class _CurvePane(Pane):
    """One quantity; the y limits are kept between drawings, so that they seldom change."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {events.Steps, events.EpochEnded, events.RunStarted}
    )

    def __init__(self, number: int, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(number, id=id)
        self._limits: Limits | None = None

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        if history is not self.history:
            self._limits = None
        super().show(history, kinds)

    def _plot(self, drawn: Series, limits: Limits, width: int, height: int) -> list[Row]:
        self._limits = limits
        return curve_pane(drawn, width, height, span=epoch_span(self.history), limits=limits)

    def _ticks(self, width: int) -> Row:
        best = self.history.best
        marks = {float(best.epoch): Span("◆", "good")} if best else {}
        gutter = axis.gutter(width - 2)
        return axis.epoch_ticks(epoch_span(self.history), width - 2, left=gutter, marks=marks)


class LossPane(_CurvePane):
    """Cross-entropy in training and validation."""

    TITLE = text.LOSS_TITLE

    def border(self, width: int, height: int, facts_room: int) -> Border:
        return Border(
            facts.loss_facts(self.history, facts_room, self.history.first_loss), self._ticks(width)
        )

    def inside(self, width: int, height: int) -> list[Row]:
        drawn = series.loss_series(self.history)
        limits = series.loss_limits(drawn, len(self.history.classes), self._limits)
        return self._plot(drawn, limits, width, height)


class AccuracyPane(_CurvePane):
    """Top-1 accuracy in training and validation, in per cent."""

    TITLE = text.ACCURACY_TITLE
    SHORT = text.ACCURACY_TITLE_SHORT

    def border(self, width: int, height: int, facts_room: int) -> Border:
        return Border(facts.accuracy_facts(self.history, facts_room), self._ticks(width))

    def inside(self, width: int, height: int) -> list[Row]:
        drawn = series.accuracy_series(self.history)
        limits = series.accuracy_limits(drawn, self._limits)
        return self._plot(drawn, limits, width, height)
