"""The rows of the table: what each run, or the seeds of a recipe, have at the cursor."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from tui.screens.compare.laid_curves import LaidCurves
from tui.viewer import compared_curves
from tui.viewer.compare_view import CompareView
from tui.viewer.compared import ComparedRun
from tui.viewer.compared_curves import Reading


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

    @property
    def letters(self) -> str:
        """The letters of all its runs."""
        return "".join(run.letter for run in self.runs)


def table_rows(
    groups: Sequence[tuple[ComparedRun, ...]],
    curves: LaidCurves,
    view: CompareView,
    cursor: float | None,
) -> list[TableRow]:
    """A row for each group, in their order, or by their values."""
    found = [_row(group, curves, view, cursor) for group in groups]
    base = next((row.reading for row in found if row.baseline), None)
    rows = [_with_difference(row, base) for row in found]
    if not view.by_value:
        return rows
    sign = -1.0 if compared_curves.rises(curves.quantity) else 1.0
    return sorted(rows, key=lambda row: _order(row, sign))


def _row(
    group: tuple[ComparedRun, ...], curves: LaidCurves, view: CompareView, cursor: float | None
) -> TableRow:
    paths = {str(run.path) for run in group}
    row = TableRow(group, hidden=paths <= view.hidden, baseline=view.baseline in paths)
    readings = [found for run in group if (found := curves.reading(run, cursor)) is not None]
    if not readings:
        return row
    values = [one.value for one in readings]
    best = [one for run in group if (one := curves.best(run)) is not None]
    several = len(values) > 1 and all(map(math.isfinite, values))
    return row._replace(
        reading=_mean(readings),
        deviation=statistics.stdev(values) if several else None,
        best=statistics.fmean(best) if best else None,
    )


def _mean(readings: Sequence[Reading]) -> Reading:
    return Reading(
        statistics.fmean(one.value for one in readings),
        statistics.fmean(one.smoothed for one in readings),
        max(one.step for one in readings),
        statistics.fmean(one.elapsed for one in readings),
    )


def _with_difference(row: TableRow, base: Reading | None) -> TableRow:
    if base is None or row.reading is None or row.baseline:
        return row
    return row._replace(difference=row.reading.value - base.value)


def _order(row: TableRow, sign: float) -> tuple[bool, float]:
    """The best value first, and those without one last."""
    known = row.reading is not None and math.isfinite(row.reading.value)
    return (not known, sign * row.reading.value if known and row.reading is not None else 0.0)
