"""The columns of the table below the curves: values at the cursor, or the settings that differ."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine import numbers
from engine.comparison import comparison_text
from engine.comparison.differing_settings import DifferingSetting, differing
from engine.comparison.group_names import group_name
from engine.text import harmless
from tui.drawing import compared_plot, drawing_text
from tui.drawing.cells import Ink
from tui.drawing.table import Column
from tui.screens.compare import compare_text as words
from tui.screens.compare.comparing import Comparing
from tui.screens.compare.table_rows import TableRow
from tui.viewer import compared_curves, viewer_text

SIGNED = "+"


def value_columns(comparing: Comparing, rows: Sequence[TableRow]) -> list[Column]:
    """Name, value, deviation, smoothed value, difference from the baseline, step, time, state."""
    name = comparing.quantity
    columns = [_names(rows), Column(words.VALUE, [_value(row, name) for row in rows], right=True)]
    if any(row.deviation is not None for row in rows):
        columns.append(Column(words.DEVIATION, [_deviation(row, name) for row in rows], right=True))
    if comparing.view.smoothing:
        smooth = [_amount(row.reading.smoothed, name) if row.reading else "" for row in rows]
        columns.append(Column(words.SMOOTHED, smooth, 2, right=True))
    if any(row.baseline for row in rows):
        columns.append(
            Column(f"− {_baseline(rows)}", [_difference(row, name) for row in rows], right=True)
        )
    if any(row.best is not None for row in rows):
        best = ["" if row.best is None else _amount(row.best, name) for row in rows]
        columns.append(Column(words.BEST, best, 1, right=True))
    steps = [f"{row.reading.step:,}" if row.reading else "" for row in rows]
    times = [_time(row) for row in rows]
    columns.append(Column(words.STEP, steps, 3, right=True))
    if any(times):
        columns.append(Column(words.ELAPSED, times, 4, right=True))
    columns.append(Column("", [_state(row) for row in rows], 5, ink="dim"))
    return columns


def setting_columns(rows: Sequence[TableRow]) -> list[Column]:
    """Name, and the settings that differ, each of which narrow screens may leave out."""
    found = differing([row.runs[0].settings for row in rows])
    return [_names(rows), *(_setting(one, rank) for rank, one in enumerate(found, 1))]


def _setting(one: DifferingSetting, rank: int) -> Column:
    values = [comparison_text.setting_value(one.name, value) for value in one.values]
    return Column(harmless(one.name), values, rank)


def _names(rows: Sequence[TableRow]) -> Column:
    names = [f"{row.letter} {harmless(name)}" for row, name in zip(rows, _of(rows), strict=True)]
    inks: list[Ink] = [
        "dim" if row.hidden else compared_plot.ink_of(ord(row.letter) - ord("a")) for row in rows
    ]
    return Column(words.RUN, names, inks=inks)


def _of(rows: Sequence[TableRow]) -> list[str]:
    """The names of runs, and of those that are folded."""
    runs = [run for row in rows for run in row.runs]
    labels, found = [run.label for run in runs], differing([run.settings for run in runs])
    places = {run.letter: at for at, run in enumerate(runs)}
    return [group_name(tuple(places[x] for x in row.letters), labels, found) for row in rows]


def _value(row: TableRow, name: str) -> str:
    return _amount(row.reading.value, name) if row.reading is not None else words.UNKNOWN


def _deviation(row: TableRow, name: str) -> str:
    return "" if row.deviation is None else _amount(row.deviation, name)


def _difference(row: TableRow, name: str) -> str:
    if row.difference is None or not math.isfinite(row.difference):
        return ""
    sign = SIGNED if row.difference >= 0 else ""
    return sign + _amount(row.difference, name)


def _baseline(rows: Sequence[TableRow]) -> str:
    return next(row.letter for row in rows if row.baseline)


def _amount(value: float, name: str) -> str:
    """As all tables write it; a share is given in per cent."""
    if name in compared_curves.SHARES:
        return f"{value:.1f}" if math.isfinite(value) else numbers.NAN
    return numbers.significant(value)


def _time(row: TableRow) -> str:
    known = row.reading is not None and row.reading.elapsed > 0
    return numbers.duration(row.reading.elapsed) if known and row.reading is not None else ""


def _state(row: TableRow) -> str:
    if row.hidden:
        return words.HIDDEN
    if row.baseline:
        return words.BASELINE
    if any(run.vanished for run in row.runs):
        return words.VANISHED
    return _live(row)


def _live(row: TableRow) -> str:
    """What the first run of a row does; nothing once it is done."""
    run = row.runs[0]
    if run.history.ended is not None:
        reason = run.history.ended.reason
        return "" if reason == "done" else viewer_text.STATE_WORDS[reason]
    if run.history.read_share < 1.0:
        return ""
    if run.source.liveness != "live":
        return ""
    return drawing_text.LOG_GROWS if run.history.is_log else viewer_text.STATE_WORDS["live"]
