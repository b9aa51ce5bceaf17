"""One quantity over epochs: training as a line, validation as a thin one with a sign for epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from tui import shared_text
from tui.drawing import axis, cells, drawing_text, spark
from tui.drawing.axis import Limits, column_in
from tui.drawing.braille import Canvas, both
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.scale import DOTS, Scale, beside_labels, dot_rows, round_limits
from tui.drawing.series import Series

# From this many rows on, the first row shows the newest steps.
RECENT_ROW = 8
# The most columns of that row.
RECENT_COLUMNS = 30
# The fewest columns between two epochs that each have a sign. Closer ones are a line, with a sign
# here and there: a sign has whole rows, and many of them would hide the exact line.
SIGN_COLUMNS, RARE_SIGNS = 3, 10

ABOVE = "↑"

Marks = dict[tuple[int, int], Span]


def curve_pane(
    series: Series,
    width: int,
    height: int,
    *,
    window: Limits,
    scale: Scale,
    cursor: float | None = None,
    ended: bool = False,
) -> list[Row]:
    """The curves, which must lie in this window of epochs, with labels on the left.

    `cursor` is an epoch of the window; `ended` says that the run is over. Before the first
    measurement, a sentence stands in the plot.
    """
    if width < 1 or height < 1:
        return [()] * height
    left = axis.gutter(width)
    recent = recent_row(series, width, ended=ended) if height >= RECENT_ROW else ()
    above = [recent] if recent else []
    plot = _plot(series, width - left, height - len(above), window, scale)
    if not series.line and not series.points:
        plot[len(plot) // 2] = cells.centred(
            width - left, drawing_text.NO_CURVE, drawing_text.NO_CURVE_SHORT
        )
    if cursor is not None:
        plot = axis.with_cursor(plot, column_in(window, cursor, width - left))
    rows = [*above, *beside_labels(plot, scale, left)]
    return [cells.fit(row, width) for row in rows]


def recent_row(series: Series, width: int, *, ended: bool) -> Row:
    """`last 60 s ▁▂▃▅▇│ now`: the newest steps over their time; empty until there are some.

    After the end of the run, `end` stands for `now`. Empty also for a log whose rows have no times.
    """
    times = [time for _, time, _ in series.recent]
    if not times or (len(times) > 1 and times[0] == times[-1]):
        return ()
    span = spark.recent_span(times)
    label = f"{drawing_text.last(span)} "
    end = f" {drawing_text.END if ended else drawing_text.NOW}"
    columns = min(RECENT_COLUMNS, width - cells.width([Span(label + "│" + end)]))
    newest = spark.over_time([(time, value) for _, time, value in series.recent], columns, span)
    finite = [value for value in newest if value is not None and math.isfinite(value)] or [0.0]
    # Round limits rarely change; each change would redraw the whole row.
    limits = round_limits(min(finite), max(finite))
    blocks = spark.with_gaps(newest, *limits)
    return cells.row(Span(label, "dim"), Span(blocks, "dim"), Span("│" + end, "dim"))


def _plot(series: Series, width: int, height: int, window: Limits, scale: Scale) -> list[Row]:
    train = line_rows(series.line, width, height, window, scale)
    validation, marks = _validation(series.points, width, height, window, scale)
    marks |= nan_marks([series.line, series.points], width, window)
    return [
        _inked(t, v, {x: mark for (y, x), mark in marks.items() if y == row})
        for row, (t, v) in enumerate(zip(train, validation, strict=True))
    ]


def line_rows(
    line: Sequence[tuple[float, float]], width: int, height: int, window: Limits, scale: Scale
) -> list[str]:
    """A line as rows of braille dots, with spaces where nothing is drawn."""
    canvas, row_of = Canvas(width, height), dot_rows(scale, height)
    for stretch in _stretches(_columns(line, window, 2 * width, scale)):
        canvas.line([(x, row_of(y)) for x, y in stretch])
    return canvas.rows()


def _columns(
    line: Sequence[tuple[float, float]], window: Limits, columns: int, scale: Scale
) -> dict[int, float]:
    """The mean of each column of dots that has values; NaN if the scale holds none of them."""
    start, length = window[0], window[1] - window[0]
    totals: dict[int, float] = {}
    counts: dict[int, int] = {}
    # The formula of `column_in`, inlined: this runs for a thousand points at every new value.
    holds = scale.holds
    for x, y in line:
        at = min(columns - 1, int((x - start) / length * columns)) if length > 0 else 0
        if holds(y):
            totals[at] = totals.get(at, 0.0) + y
            counts[at] = counts.get(at, 0) + 1
        else:
            counts.setdefault(at, 0)
    return {at: totals[at] / n if n else math.nan for at, n in counts.items()}


def _stretches(columns: Mapping[int, float]) -> list[list[tuple[int, float]]]:
    """The columns in order, split where one is not finite."""
    stretches: list[list[tuple[int, float]]] = [[]]
    for x in sorted(columns):
        if math.isfinite(columns[x]):
            stretches[-1].append((x, columns[x]))
        elif stretches[-1]:
            stretches.append([])
    return stretches


def _validation(
    points: Sequence[tuple[float, float]], width: int, height: int, window: Limits, scale: Scale
) -> tuple[list[str], Marks]:
    """The validation as rows of braille dots, a thin line from epoch to epoch; and its signs.

    An `o` stands for an epoch that has a sign, an arrow for a value above the axis. A dot on either
    side of a sign shows its exact height, since the sign has whole rows only.
    """
    canvas, row_of = Canvas(width, height), dot_rows(scale, height)
    marks: Marks = {}
    stride, last = _stride(width, window), len(points) - 1
    start, length, dots = window[0], window[1] - window[0], 2 * width
    before: tuple[int, int] | None = None
    for i, (epoch, value) in enumerate(points):
        if not scale.holds(value):
            before = None
            continue
        # The formula of `column_in`, inlined as in `_columns`.
        x = min(dots - 1, int((epoch - start) / length * dots)) if length > 0 else 0
        at = x, row_of(value)
        if at != before:  # the epochs of a long run share their dots
            canvas.dotted(before or at, at)
            before = at
        if epoch % stride == 0 or i == last:
            _dots_beside(canvas, *at)
            sign = ABOVE if value > scale.high else "o"
            place = at[1] // DOTS, column_in(window, epoch, width)
            marks[place] = Span(sign, "validation")
    return canvas.rows(), marks


def _dots_beside(canvas: Canvas, x: int, y: int) -> None:
    """A dot on either side of the cell of this one."""
    for beside in (x // 2 * 2 - 1, x // 2 * 2 + 2):
        if 0 <= beside < 2 * canvas.width:
            canvas.dot(beside, y)


def _stride(width: int, window: Limits) -> int:
    """Each epoch has a sign, or every fourth, eighth … one if they would crowd."""
    columns_per_epoch = width / (window[1] - window[0]) if window[1] > window[0] else width
    if columns_per_epoch >= SIGN_COLUMNS:
        return 1
    return 1 << math.ceil(math.log2(RARE_SIGNS / columns_per_epoch))


def nan_marks(lines: Iterable[Sequence[tuple[float, float]]], width: int, window: Limits) -> Marks:
    """`nan` in the first row, at each x where finite values end."""
    begins = [x for line in lines for x in _breaks(line)]
    marks: Marks = {}
    free = 0
    for at in sorted(column_in(window, x, width) for x in begins):
        at = max(0, min(at, width - len(shared_text.NAN)))
        if at >= free:
            marks[0, at] = Span(shared_text.NAN, "error")
            free = at + len(shared_text.NAN) + 1
    return marks


def _breaks(line: Sequence[tuple[float, float]]) -> list[float]:
    """The x at which each stretch of values that are not finite begins."""
    finite = [math.isfinite(y) for _, y in line]
    if all(finite):
        return []
    before = [True, *finite]
    return [x for i, (x, _) in enumerate(line) if before[i] and not finite[i]]


def _inked(train: str, validation: str, marks: Mapping[int, Span]) -> Row:
    """A row of both curves, with marks from their columns on; a cell of both is training's."""
    letters = [both(v, t) for t, v in zip(train, validation, strict=True)]
    inks: list[Ink] = ["validation" if t == " " else "train" for t in train]
    for column, mark in marks.items():
        end = column + len(mark.text)
        letters[column:end], inks[column:end] = mark.text, [mark.ink] * len(mark.text)
    return cells.inked(letters, inks)
