"""What a comparison shows: the view, the cursor, and what follows from both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from engine.comparison.mean_curve import mean_curve
from engine.comparison.seed_groups import seed_groups
from tui.drawing import compared_plot
from tui.drawing.axis import Limits
from tui.drawing.compared_plot import Overlaid
from tui.drawing.scale import Scale, log_limits, round_limits
from tui.viewer import compare_view, compared_curves, curve_columns
from tui.viewer.compare_view import CompareView
from tui.viewer.compared import Compared, ComparedRun
from tui.viewer.compared_curves import AXES, Axis, Curve, Reading
from tui.viewer.traced_history import TracedHistory

# The shortest part of the axis that can be shown, as a share of the whole.
SMALLEST = 1e-6
# A key zooms by this factor, and moves the window by this share of its length.
ZOOM, PAN = 2.0, 0.25
# The y-axis of a quantity without bounds ends at so many times the value that most are below.
USUAL, OUTLIER = 0.95, 3.0
FIRST_QUANTITY = "top1"


class TableRow(NamedTuple):
    """A run, or several runs of other seeds, at the cursor or at its end.

    `deviation` is None of a single run. `difference` is the value minus that of the baseline.
    `best` is the best value of the whole run, where there is one for each epoch.
    """

    runs: tuple[ComparedRun, ...]
    reading: Reading | None = None
    deviation: float | None = None
    difference: float | None = None
    best: float | None = None
    hidden: bool = False
    baseline: bool = False

    @property
    def letter(self) -> str:
        return self.runs[0].letter


class Comparing:
    """The state of the screen. `cursor` is a place on the axis, None at the end of each run."""

    def __init__(self, compared: Compared, view: CompareView) -> None:
        self.compared, self.view = compared, view
        self.cursor: float | None = None
        self.selected = 0
        # The curves that were asked for last, with what they depend on.
        self._curves: dict[tuple[str, bool], tuple[tuple[object, ...], Curve | None]] = {}
        self._quantities: tuple[list[int], list[str]] = [], []
        self._scale: tuple[tuple[object, ...], Scale] | None = None

    # What there is to choose

    @property
    def quantities(self) -> list[str]:
        """What the runs have measured, up to what was read."""
        versions = [run.version for run in self.compared.runs]
        if self._quantities[0] != versions:
            found = compared_curves.quantities([run.history for run in self.compared.runs])
            self._quantities = versions, found
        return self._quantities[1]

    @property
    def quantity(self) -> str:
        """What is drawn: what was chosen if it was measured, else the first that was."""
        names = self.quantities
        return self.view.quantity if self.view.quantity in names else next(iter(names), "")

    def choose_quantity(self, further: int) -> None:
        names = self.quantities
        if names:
            at = names.index(self.quantity)
            self.view.quantity = names[(at + further) % len(names)]

    @property
    def axis(self) -> Axis:
        return self.view.axis

    def choose_axis(self, axis: Axis | None = None) -> None:
        """Draw against this axis, without one against the next one; a zoom ends."""
        following = AXES[(AXES.index(self.axis) + 1) % len(AXES)]
        self.view.axis, self.view.window, self.cursor = axis or following, None, None

    @property
    def without_axis(self) -> list[ComparedRun]:
        """Those that have the quantity, but not this axis."""
        return [
            run
            for run in self.compared.runs
            if self.quantity in run.history.quantities and self.curve(run) is None
        ]

    # The axis

    @property
    def whole(self) -> Limits:
        """From the start to the end of the longest run; of one that trains, to its plan."""
        ends = [self._end(run) for run in self.compared.runs if not self._is_hidden(run)]
        return 0.0, max([end for end in ends if end > 0], default=1.0)

    def _end(self, run: ComparedRun) -> float:
        history = run.history
        drawn = self.curve(run)
        done = float(drawn.x[-1]) if drawn is not None and len(drawn.x) else 0.0
        if run.source.liveness != "live" or not history.planned_steps:
            return done
        if self.axis == "time":
            return done + (history.remaining() or 0.0)
        end = compared_curves.places(history, self.axis, *_at(history.planned_steps))
        return max(done, float(end[0])) if end is not None else done

    @property
    def window(self) -> Limits:
        return self.view.window or self.whole

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show a part that is shorter by this factor, around a place or else the cursor."""
        start, end = self.window
        middle = around if around is not None else self.cursor
        middle = middle if middle is not None and start <= middle <= end else (start + end) / 2
        self.show(middle - (middle - start) / factor, middle + (end - middle) / factor)

    def pan(self, shares: float) -> None:
        """Move the window by so many of its lengths; it stays on the axis."""
        start, end = self.window
        low, high = self.whole
        by = max(low - start, min(high - end, shares * (end - start)))
        self.show(start + by, end + by)

    def show(self, start: float, end: float) -> None:
        """Show this part of the axis, and never less than can be told apart."""
        low, high = self.whole
        start, end = max(low, start), min(high, end)
        if end - start >= SMALLEST * (high - low):
            everything = start <= low and end >= high
            self.view.window = None if everything else (start, end)

    def move(self, columns: int, width: int) -> None:
        """Move the cursor by columns of the plot; one that leaves it disappears."""
        start, end = self.window
        step = (end - start) / max(1, width)
        if self.cursor is None:
            self.cursor = end if columns < 0 else start
            return
        place = self.cursor + columns * step
        self.cursor = place if start <= place <= end else None

    # Runs

    def _is_hidden(self, run: ComparedRun) -> bool:
        return str(run.path) in self.view.hidden

    def toggle_hidden(self) -> None:
        """Hide the selected runs, or show them."""
        if row := self.selected_row:
            self.view.hidden ^= {str(run.path) for run in row.runs}

    def toggle_baseline(self) -> None:
        if row := self.selected_row:
            path = str(row.runs[0].path)
            self.view.baseline = "" if self.view.baseline == path else path

    @property
    def selected_row(self) -> TableRow | None:
        rows = self.rows()
        return rows[min(self.selected, len(rows) - 1)] if rows else None

    def select(self, further: int) -> None:
        self.selected = max(0, min(len(self.rows()) - 1, self.selected + further))

    @property
    def groups(self) -> list[tuple[ComparedRun, ...]]:
        """The runs of each row: one, or with folded seeds those that differ in nothing else."""
        runs = self.compared.runs
        if not self.view.folded:
            return [(run,) for run in runs]
        found = seed_groups([settings_of(run.history) for run in runs])
        return [tuple(runs[i] for i in members) for members in found]

    # Curves

    def curve(self, run: ComparedRun) -> Curve | None:
        """The measured values on the axis; None without any."""
        known = (id(run.history), run.version, self.quantity, self.axis)
        return self._kept(run, known, smooth=False)

    def smooth(self, run: ComparedRun) -> Curve | None:
        """The smoothed values; the measured ones without smoothing."""
        if not self.view.smoothing:
            return self.curve(run)
        known = (id(run.history), run.version, self.quantity, self.axis)
        return self._kept(run, (*known, self.view.smoothing, self.whole), smooth=True)

    def _kept(self, run: ComparedRun, known: tuple[object, ...], *, smooth: bool) -> Curve | None:
        before, drawn = self._curves.get((run.letter, smooth), ((), None))
        if before != known:
            drawn = self._smoothed(run) if smooth else self._measured(run)
            self._curves[run.letter, smooth] = known, drawn
        return drawn

    def _measured(self, run: ComparedRun) -> Curve | None:
        found = compared_curves.curve(run.history, self.quantity, self.axis)
        return found if found is not None and len(found.x) else None

    def _smoothed(self, run: ComparedRun) -> Curve | None:
        drawn = self.curve(run)
        if drawn is None:
            return None
        return compared_curves.smoothed(drawn, self.view.smoothing, self.whole[1])

    def overlaid(self, columns: int) -> list[Overlaid]:
        """The curves in so many columns of dots, the selected one last."""
        selected = self.selected_row
        found = [
            (group, one)
            for group in self.groups
            if not all(map(self._is_hidden, group))
            and (one := self._overlaid(group, columns)) is not None
        ]
        last = selected.letter if selected is not None else ""
        return [one for _, one in sorted(found, key=lambda pair: pair[1].letter == last)]

    def _overlaid(self, group: Sequence[ComparedRun], columns: int) -> Overlaid | None:
        curves = [drawn for run in group if (drawn := self.smooth(run)) is not None]
        if not curves:
            return None
        letter = group[0].letter
        ink = compared_plot.ink_of(ord(letter) - ord("a"))
        window = self.window
        columns_of = [curve_columns.columns_of(one, window, columns) for one in curves]
        if len(curves) == 1:
            broken = curve_columns.breaks(self.curve(group[0]) or curves[0], window)
            return Overlaid(letter, ink, columns_of[0], (), broken)
        mean = mean_curve(columns_of)
        low = [(int(at), middle - deviation) for at, middle, deviation in mean]
        high = [(int(at), middle + deviation) for at, middle, deviation in mean]
        return Overlaid(letter, ink, [(int(at), middle) for at, middle, _ in mean], (low, high))

    def scale(self, curves: Sequence[Overlaid]) -> Scale:
        """The y-axis for these curves; that of before stays while it suits them."""
        known = (self.quantity, self.view.log, self.view.window)
        previous = self._scale[1] if self._scale is not None and self._scale[0] == known else None
        lines = [line for one in curves for line in (one.columns, *one.band)]
        values = sorted(y for line in lines for _, y in line if math.isfinite(y))
        scale = _scale(values, log=self.view.log, previous=previous)
        self._scale = known, scale
        return scale

    # The table

    def rows(self) -> list[TableRow]:
        """The rows of the table, in the order in which they were named, or by their values."""
        found = [self._row(group) for group in self.groups]
        base = self._base(found)
        rows = [self._with_difference(row, base) for row in found]
        if not self.view.by_value:
            return rows
        sign = -1.0 if compared_curves.rises(self.quantity) else 1.0
        return sorted(rows, key=lambda row: _order(row, sign))

    def _row(self, group: tuple[ComparedRun, ...]) -> TableRow:
        readings = [found for run in group if (found := self.reading(run)) is not None]
        paths = {str(run.path) for run in group}
        row = TableRow(
            group, hidden=paths <= self.view.hidden, baseline=self.view.baseline in paths
        )
        if not readings:
            return row
        values = [one.value for one in readings]
        mean = Reading(
            statistics.fmean(values),
            statistics.fmean(one.smoothed for one in readings),
            max(one.step for one in readings),
            statistics.fmean(one.elapsed for one in readings),
        )
        best = [one for run in group if (one := self._best(run)) is not None]
        row = row._replace(best=statistics.fmean(best) if best else None)
        several = len(values) > 1 and all(map(math.isfinite, values))
        return row._replace(reading=mean, deviation=statistics.stdev(values) if several else None)

    def _best(self, run: ComparedRun) -> float | None:
        """The highest of what rises, the lowest of what falls; None of what has no epochs."""
        drawn = self.curve(run)
        if drawn is None or not compared_curves.is_of_epochs(self.quantity):
            return None
        finite = drawn.y[np.isfinite(drawn.y)]
        if not len(finite):
            return None
        return float(finite.max() if compared_curves.rises(self.quantity) else finite.min())

    def reading(self, run: ComparedRun) -> Reading | None:
        """What a run has at the cursor, or at its end; None beyond its end."""
        drawn, smooth = self.curve(run), self.smooth(run)
        if drawn is None or smooth is None:
            return None
        place = self.cursor if self.cursor is not None else float(drawn.x[-1])
        if place > self._reached(run, drawn):
            return None
        return compared_curves.reading(drawn, smooth, place)

    def _reached(self, run: ComparedRun, drawn: Curve) -> float:
        """How far the run has got; the value of an epoch holds until the next one ends."""
        end = float(drawn.x[-1])
        if self.axis == "time":
            return max(end, run.history.elapsed(run.history.last_time)) + 1e-9
        done = compared_curves.places(run.history, self.axis, *_at(run.history.step))
        return max(end, float(done[0])) if done is not None else end

    def _base(self, rows: Sequence[TableRow]) -> Reading | None:
        return next((row.reading for row in rows if row.baseline), None)

    def _with_difference(self, row: TableRow, base: Reading | None) -> TableRow:
        if base is None or row.reading is None or row.baseline:
            return row
        return row._replace(difference=row.reading.value - base.value)

    def remember(self) -> None:
        """Keep the view for the next time that these runs are compared."""
        compare_view.remember((run.path for run in self.compared.runs), self.view)


def settings_of(history: TracedHistory) -> Mapping[str, object]:
    """The fields of the recipe, or what another program told of its settings."""
    if history.recipe is not None:
        fields: dict[str, object] = msgspec.to_builtins(history.recipe)
        return fields
    return history.watched.settings if history.watched is not None else {}


def _at(step: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Columns with one step; its time is not asked for."""
    return np.array([step], np.float64), np.array([0.0])


def _order(row: TableRow, sign: float) -> tuple[bool, float]:
    """The best value first, and those without one last."""
    known = row.reading is not None and math.isfinite(row.reading.value)
    return (not known, sign * row.reading.value if known and row.reading is not None else 0.0)


def _scale(values: Sequence[float], *, log: bool, previous: Scale | None) -> Scale:
    """Round limits of these sorted values; a few that are far above the others are cut off."""
    if log:
        positive = [value for value in values if value > 0] or [0.1, 1.0]
        return log_limits(positive[0], positive[-1], previous=previous)
    if not values:
        return previous or Scale(0.0, 1.0)
    usual = values[int(USUAL * (len(values) - 1))]
    spread = usual - values[0]
    high = min(values[-1], values[0] + OUTLIER * spread) if spread > 0 else values[-1]
    before = (previous.low, previous.high) if previous is not None and not previous.log else None
    return Scale(*round_limits(values[0], high, previous=before))
