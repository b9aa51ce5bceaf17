"""What a comparison shows: the view, the cursor, and what follows from both."""

from __future__ import annotations

from collections.abc import Sequence

from engine.comparison.seed_groups import seed_groups
from tui.drawing.axis import Limits
from tui.drawing.compared_plot import Overlaid
from tui.drawing.scale import Scale
from tui.screens.compare import drawn_curves
from tui.screens.compare.laid_curves import LaidCurves, laid
from tui.screens.compare.table_rows import TableRow, table_rows
from tui.viewer import compare_view
from tui.viewer.compare_view import CompareView
from tui.viewer.compared import Compared, ComparedRun
from tui.viewer.compared_axes import AXES, Axis

# The shortest part of the axis that can be shown, as a share of the whole.
SMALLEST = 1e-6
# A key zooms by this factor, and moves the window by this share of its length.
ZOOM, PAN = 2.0, 0.25


class Comparing:
    """The state of the screen. `cursor` is a place on the axis, None at the end of each run."""

    def __init__(self, compared: Compared, view: CompareView) -> None:
        self.compared, self.view = compared, view
        self.cursor: float | None = None
        self.selected = compared.runs[0].letter
        """The letter of a run of the selected row."""
        # What was computed last, each after what it follows from.
        self._laid: tuple[object, LaidCurves] | None = None
        self._rows: tuple[object, LaidCurves, list[TableRow]] | None = None
        self._scale: tuple[object, Scale] | None = None

    @property
    def curves(self) -> LaidCurves:
        """The curves of all runs, laid anew only where a run has news or the view is another."""
        view = self.view
        wanted = view.quantity, view.axis, view.smoothing, frozenset(view.hidden)
        known = self.compared.version, wanted
        if self._laid is None or self._laid[0] != known:
            self._laid = known, laid(self.compared.runs, view)
        return self._laid[1]

    # What there is to choose

    @property
    def quantity(self) -> str:
        """What is drawn: what was chosen if it was measured, else the first that was."""
        return self.curves.quantity

    def choose_quantity(self, further: int) -> None:
        names = self.curves.quantities
        if names:
            at = names.index(self.quantity)
            self.view.quantity = names[(at + further) % len(names)]

    @property
    def axis(self) -> Axis:
        return self.curves.axis

    def choose_axis(self, axis: Axis | None = None) -> None:
        """Draw against this axis, without one against the next one; a zoom ends."""
        following = AXES[(AXES.index(self.view.axis) + 1) % len(AXES)]
        self.view.axis, self.view.window, self.cursor = axis or following, None, None

    # The axis

    @property
    def window(self) -> Limits:
        return self.view.window or self.curves.whole

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show a part that is shorter by this factor, around a place or else the cursor."""
        start, end = self.window
        middle = around if around is not None else self.cursor
        middle = middle if middle is not None and start <= middle <= end else (start + end) / 2
        self.show(middle - (middle - start) / factor, middle + (end - middle) / factor)

    def pan(self, shares: float) -> None:
        """Move the window by so many of its lengths; it stays on the axis."""
        start, end = self.window
        low, high = self.curves.whole
        by = max(low - start, min(high - end, shares * (end - start)))
        self.show(start + by, end + by)

    def show(self, start: float, end: float) -> None:
        """Show this part of the axis, and never less than can be told apart."""
        low, high = self.curves.whole
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

    @property
    def has_folded(self) -> bool:
        """Whether a row stands for several runs."""
        return any(len(row.runs) > 1 for row in self.rows)

    @property
    def groups(self) -> list[tuple[ComparedRun, ...]]:
        """The runs of each row: one, or with folded seeds those that differ in nothing else."""
        runs = self.compared.runs
        if not self.view.folded:
            return [(run,) for run in runs]
        found = seed_groups([run.settings for run in runs])
        return [tuple(runs[i] for i in members) for members in found]

    @property
    def rows(self) -> Sequence[TableRow]:
        """The rows of the table, in the order in which they were named, or by their values."""
        view, curves = self.view, self.curves
        known = self.cursor, view.folded, view.by_value, view.baseline
        before = self._rows
        if before is None or before[0] != known or before[1] is not curves:
            before = known, curves, table_rows(self.groups, curves, view, self.cursor)
            self._rows = before
        return before[2]

    @property
    def selected_at(self) -> int:
        """The place of the selected row."""
        return next(at for at, row in enumerate(self.rows) if self.selected in row.letters)

    @property
    def selected_row(self) -> TableRow:
        return self.rows[self.selected_at]

    def select(self, further: int) -> None:
        """Select a row that is so many further, the last one at most."""
        at = max(0, min(len(self.rows) - 1, self.selected_at + further))
        self.selected = self.rows[at].letter

    def toggle_hidden(self) -> None:
        """Hide the selected runs, or show them."""
        self.view.hidden ^= {str(run.path) for run in self.selected_row.runs}

    def toggle_baseline(self) -> None:
        path = str(self.selected_row.runs[0].path)
        self.view.baseline = "" if self.view.baseline == path else path

    # The plot

    def overlaid(self, columns: int) -> list[Overlaid]:
        """The curves in so many columns of dots, the selected one last."""
        curves, window, last = self.curves, self.window, self.selected_row.letter
        found = [
            one
            for row in self.rows
            if not row.hidden
            and (one := drawn_curves.overlaid(row.runs, curves, window, columns)) is not None
        ]
        return sorted(found, key=lambda one: (one.letter == last, one.letter))

    def scale(self, curves: Sequence[Overlaid]) -> Scale:
        """The y-axis for these curves; that of before stays while it suits them."""
        known = (self.quantity, self.view.log, self.view.window)
        previous = self._scale[1] if self._scale is not None and self._scale[0] == known else None
        scale = drawn_curves.scale_for(curves, log=self.view.log, previous=previous)
        self._scale = known, scale
        return scale

    def remember(self) -> None:
        """Keep the view for the next time that these runs are compared."""
        compare_view.remember((run.path for run in self.compared.runs), self.view)
