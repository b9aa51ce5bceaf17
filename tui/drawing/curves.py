"""A pane of one quantity over epochs: training as a line, validation as a point an epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tui import text
from tui.drawing import axis, cells, spark
from tui.drawing.axis import Limits
from tui.drawing.braille import Canvas
from tui.drawing.cells import Row, Span
from tui.drawing.series import Series

# With this many rows or more the first one is a sparkline of the recent steps.
RECENT_ROW = 8

Marks = dict[tuple[int, int], Span]


def curve_pane(
    series: Series, width: int, height: int, *, span: float, limits: Limits
) -> list[Row]:
    """The curves over `span` epochs between these y limits, with labels at the left."""
    if width < 1 or height < 1:
        return [()] * height
    left = axis.gutter(width)
    above = [_recent_row(series, width)] if height >= RECENT_ROW else []
    plot = _plot(series, width - left, height - len(above), span, limits)
    rows = [*above, *axis.beside_labels(plot, *limits, left)]
    return [cells.fit(row, width) for row in rows]


def _recent_row(series: Series, width: int) -> Row:
    label = text.RECENT + " "
    room = width - cells.width([Span(label)])
    newest = spark.latest(series.recent, room)
    if not newest:
        return ()
    finite = [value for value in newest if math.isfinite(value)] or [0.0]
    # Round limits seldom change, and with them the whole row.
    limits = axis.round_limits(min(finite), max(finite))
    return cells.row(Span(label, "dim"), Span(spark.sparkline(newest, room, *limits), "dim"))


def _plot(series: Series, width: int, height: int, span: float, limits: Limits) -> list[Row]:
    canvas = Canvas(width, height)
    columns = _columns(series.line, span, 2 * width)
    for stretch in _stretches(columns):
        canvas.line([(x, _dot(y, limits, 4 * height)) for x, y in stretch])
    marks = _validation(series.points, width, height, span, limits)
    marks |= _broken(series, width, span)
    return [_with_marks(line, i, marks) for i, line in enumerate(canvas.rows())]


def _columns(line: Sequence[tuple[float, float]], span: float, columns: int) -> dict[int, float]:
    """The mean value in each column of dots that has one; NaN where none was finite."""
    sums: dict[int, tuple[float, int]] = {}
    for x, y in line:
        at = axis.column(x, span, columns)
        total, count = sums.get(at, (0.0, 0))
        sums[at] = (total + y, count + 1) if math.isfinite(y) else (total, count)
    return {at: total / count if count else math.nan for at, (total, count) in sums.items()}


def _stretches(columns: Mapping[int, float]) -> list[list[tuple[int, float]]]:
    """The columns in order, broken apart at those that are not finite."""
    stretches: list[list[tuple[int, float]]] = [[]]
    for x in sorted(columns):
        if math.isfinite(columns[x]):
            stretches[-1].append((x, columns[x]))
        elif stretches[-1]:
            stretches.append([])
    return stretches


def _dot(value: float, limits: Limits, dots: int) -> int:
    return round((1 - axis.share(value, *limits)) * (dots - 1))


def _validation(
    points: Sequence[tuple[float, float]], width: int, height: int, span: float, limits: Limits
) -> Marks:
    """An `o` for each epoch, or for each second, fourth … one where they would touch."""
    stride = 1
    while stride * width < 2 * span:
        stride *= 2
    marks: Marks = {}
    for epoch, value in points:
        if math.isfinite(value) and (epoch % stride == 0 or (epoch, value) == points[-1]):
            row = _dot(value, limits, 4 * height) // 4
            marks[row, axis.column(epoch, span, width)] = Span("o", "validation")
    return marks


def _broken(series: Series, width: int, span: float) -> Marks:
    """`nan` in the first row where values begin not to be finite."""
    begins = [*_breaks(series.line), *_breaks(series.points)]
    marks: Marks = {}
    free = 0
    for at in sorted(axis.column(x, span, width) for x in begins):
        at = max(0, min(at, width - len(text.NAN)))
        if at >= free:
            marks[0, at] = Span(text.NAN, "error")
            free = at + len(text.NAN) + 1
    return marks


def _breaks(line: Sequence[tuple[float, float]]) -> list[float]:
    """Where in x each stretch of values that are not finite begins."""
    sound = [True, *(math.isfinite(y) for _, y in line)]
    return [x for i, (x, _) in enumerate(line) if sound[i] and not sound[i + 1]]


def _with_marks(line: str, row: int, marks: Marks) -> Row:
    """A row of the curve in the ink of training, with the marks over it."""
    spans: list[Span] = []
    at = 0
    for column in sorted(column for mark_row, column in marks if mark_row == row):
        if column >= at:
            mark = marks[row, column]
            spans += [Span(line[at:column], "train"), mark]
            at = column + len(mark.text)
    return cells.row(*spans, Span(line[at:], "train"))
