"""The view of the curves: the x-axis, the cursor and the smoothing that charts share."""

from __future__ import annotations

import dataclasses
import math

from engine.run.history import History
from tui.drawing import axis, series
from tui.drawing.axis import Limits

# The weights of the levels of smoothing; see `series.smoothed`.
SMOOTHING = (0.0, 0.6, 0.8, 0.9, 0.95, 0.98)


@dataclasses.dataclass
class ChartView:
    """The settings that keys change; `cursor` is an epoch, or None without a cursor."""

    level: int = 0
    recent: bool = False
    cursor: float | None = None

    @property
    def smoothing(self) -> float:
        """The weight of the exponential smoothing of the training curves, 0 for none."""
        return SMOOTHING[self.level]

    def smooth(self, levels: int) -> None:
        """Smooth more, or less if negative."""
        self.level = min(len(SMOOTHING) - 1, max(0, self.level + levels))

    def window(self, history: History) -> Limits:
        """The epochs that are shown: the whole axis, or the newest part of it."""
        done = series.epochs_done(history)
        span = axis.epoch_span(done, history.planned_places)
        return axis.newest(done, span) if self.recent else (0.0, float(span))

    def toggle_recent(self) -> None:
        """Show the recent steps or the whole run; drop the cursor, whose column would change."""
        self.recent = not self.recent
        self.cursor = None

    def point(self, window: Limits, column: int, columns: int) -> None:
        """Put the cursor into this column of the window, from 0."""
        self.cursor = _in_column(window, column, columns)

    def move(self, history: History, places: int, columns: int) -> None:
        """Move the cursor by columns, or by epochs if several share a column.

        A first move to the left begins where the run is, a first move to the right at the start. A
        cursor that leaves the axis disappears.
        """
        window, done = self.window(history), series.epochs_done(history)
        start, end = window
        if self.cursor is None and places < 0:
            self.cursor = max(start, min(end, done))
        elif self.cursor is None:
            self.cursor = start
        else:
            by_epochs = end - start > columns and not history.counts_steps
            moved = _by_epochs if by_epochs else _by_columns
            at = moved(self.cursor, places, window, columns)
            self.cursor = at if start <= at <= end else None


def _by_epochs(cursor: float, places: int, window: Limits, columns: int) -> float:
    return float((math.ceil(cursor) if places < 0 else math.floor(cursor)) + places)


def _by_columns(cursor: float, places: int, window: Limits, columns: int) -> float:
    return _in_column(window, axis.column_in(window, cursor, columns) + places, columns)


def _in_column(window: Limits, column: int, columns: int) -> float:
    """The end of an epoch in this column, or the middle of the column if no epoch ends there."""
    width = (window[1] - window[0]) / columns
    middle = window[0] + (column + 0.5) * width
    whole = float(round(middle))
    is_in = 0 <= column < columns and axis.column_in(window, whole, columns) == column
    return whole if is_in else middle
