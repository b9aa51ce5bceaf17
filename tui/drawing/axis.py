"""The x-axis in epochs: the window of the run that is shown, and the numbers and marks on it.

Where the length of an epoch is not known, the axis is in steps: then a place is a step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from tui.drawing import cells
from tui.drawing.cells import Row, Span

# Larger numbers are no measurements. Up to this size, differences of floats stay finite.
HUGE = 1e100
# A cell of the axis on which nothing stands.
LINE = Span("─", "border")

# Above these, steps are written in thousands, millions and so on.
THOUSANDS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))

Limits: TypeAlias = tuple[float, float]
# What the numbers on the axis count.
Unit: TypeAlias = Literal["epoch", "step"]
# The position of a sign on the x-axis in epochs, and the sign.
Mark: TypeAlias = tuple[float, Span]


def share(value: float | None, low: float, high: float) -> float:
    """The position of the value between the limits, 0 to 1; 0 for NaN and None."""
    if value is not None and -HUGE <= low <= value <= high <= HUGE and low < high:
        return (value - low) / (high - low)  # nearly always, so without the calls below
    if value is None or math.isnan(value):
        return 0.0
    bottom, top = tame(low), tame(high)
    if top <= bottom:
        return 0.5 if math.isfinite(value) else 0.0
    part = (tame(value) - bottom) / (top - bottom)
    return 0.0 if part < 0.0 else 1.0 if part > 1.0 else part


def tame(value: float) -> float:
    """The value, limited to ±`HUGE`; 0 for NaN."""
    if -HUGE <= value <= HUGE:
        return value
    return math.copysign(HUGE, value) if not math.isnan(value) else 0.0


def epoch_span(epochs_done: float, planned: int | None) -> int:
    """How many epochs the x-axis spans: 1, 2, 4, 8 and so on, never more than planned.

    The span doubles when it is full, so that the axis of a run of any length changes rarely.
    """
    span = 1
    while span < epochs_done and (planned is None or span < planned):
        span *= 2
    return span if planned is None else max(1, min(span, planned))


def newest(epochs_done: float, span: int) -> Limits:
    """The window of an axis of `span` epochs that shows the recent ones: a quarter or less.

    A full window moves on by half its length; until then a new value changes one column.
    """
    length = 2.0 ** math.floor(math.log2(max(1, span) / 4))
    done = min(float(span), max(0.0, epochs_done)) if math.isfinite(epochs_done) else 0.0
    halves = max(2, math.ceil(2 * done / length))
    return (halves - 2) * length / 2, halves * length / 2


def column(epoch: float, span: float, columns: int) -> int:
    """The column, from 0, in which this epoch lies."""
    if 0 < epoch < span:
        return min(columns - 1, int(epoch / span * columns))
    if math.isnan(epoch) or span <= 0 or epoch <= 0:
        return 0
    return columns - 1


def gutter(width: int) -> int:
    """The cells that the y-axis takes on the left of a plot; none in a very narrow pane."""
    return 6 if width >= 20 else 0


def with_cursor(plot: Sequence[Row], at: int) -> list[Row]:
    """A plot with a vertical line in this column, behind the curves."""
    return [_with_cursor(row, at) for row in plot]


def _with_cursor(row: Row, at: int) -> Row:
    spans: list[Span] = []
    begin = 0
    for span in row:
        drawn, here = span.text, at - begin
        begin += len(drawn)
        if 0 <= here < len(drawn):
            sign = drawn[here] if drawn[here] != " " else "┊"
            before, after = span._replace(text=drawn[:here]), span._replace(text=drawn[here + 1 :])
            spans += [before, Span(sign, "key"), after]
        else:
            spans.append(span)
    return cells.row(*spans)


def epoch_ticks(
    window: Limits,
    width: int,
    left: int = 0,
    marks: Iterable[Mark] = (),
    cursor: float | None = None,
    note: Row = (),
    labels: Iterable[Mark] = (),
    unit: Unit = "epoch",
) -> Row:
    """The lower border as x-axis: `epoch 0 ──── 4 ──── 8 ─`, the plot beginning `left` cells in.

    Each mark stands in the column of its epoch; of several in a column, the latest is shown, and
    of several at the same epoch, the first. The cursor is always shown. Words and numbers give way
    to marks: `labels` stand near their epochs, the note as far right as it can between the first
    number and the last. What finds no room is left out.
    """
    columns = width - left
    line = [LINE] * width
    if columns <= 0:
        return cells.merged(line)
    start, end = window
    _place_marks(line, window, left, marks, cursor)
    ticks = _ticks(window, columns)
    least = ticks[1] - ticks[0] if len(ticks) > 1 else end - start
    first = _place_first(line, f"{unit} ", written(start, least, unit), left)
    last = _place_last(line, end, window, left, written(end, least, unit))
    _place_note(line, note, (first + 1, last - 1))
    for epoch, label in labels:
        _place_near(line, left + column_in(window, epoch, columns), label)
    for epoch in ticks:
        at, number = _centred(epoch, window, left, width, written(epoch, least, unit))
        place(line, at, (number,))
    return cells.merged(line)


def written(at: float, least: float, unit: Unit) -> str:
    """The number of a place on the axis: 12 of an epoch, 1.5M of a step.

    Numbers of steps that differ by `least` are written differently.
    """
    if unit == "epoch":
        return f"{at:g}"
    bound, sign = next(((b, s) for b, s in THOUSANDS if at >= b), (1.0, ""))
    digits = max(0, math.ceil(math.log10(10 * bound / max(least, 1.0)))) if sign else 0
    number = f"{at / bound:.{digits}f}"
    return (number.rstrip("0").rstrip(".") if digits else number) + sign


def _place_marks(
    line: list[Span], window: Limits, left: int, marks: Iterable[Mark], cursor: float | None
) -> None:
    """Write each mark of the window into its column: the cursor, then the latest first."""
    shown = [] if cursor is None else [(cursor, Span("▲", "key"))]
    shown += sorted(marks, key=lambda mark: mark[0], reverse=True)
    for epoch, sign in shown:
        if window[0] <= epoch <= window[1]:
            place(line, left + column_in(window, epoch, len(line) - left), (sign,))


def _place_first(line: list[Span], name: str, first: str, left: int) -> int:
    """Write the number of the first epoch at the first column of the plot, its name before it.

    With a mark in its way, the number stands in place of the name. Returns the column behind them.
    """
    if left < len(name):
        name = " " * min(1, left)
    number = Span(f"{first} ", "dim")
    if not place(line, left - len(name), (Span(name, "dim"), number)):
        short = Span(f" {number.text}", "dim")
        place(line, left - len(short.text), (short,))
    return left + len(number.text)


def _place_last(line: list[Span], epoch: float, window: Limits, left: int, last: str) -> int:
    """Write the number of the last epoch, at the very end if a mark is in its way.

    Returns the column where it begins, or would begin.
    """
    at, number = _centred(epoch, window, left, len(line), last)
    if not place(line, at, (number,)):
        short = number._replace(text=number.text.rstrip())
        place(line, len(line) - len(short.text), (short,))
    return at


def place(line: list[Span], at: int, spans: Row) -> bool:
    """Write the spans into the line from this column on, if nothing stands there yet."""
    length = sum([len(span.text) for span in spans])
    end = at + length
    if at < 0 or end > len(line) or line[at:end].count(LINE) < length:
        return False
    line[at:end] = [Span(sign, span.ink) for span in spans for sign in span.text]
    return True


def _place_near(line: list[Span], column: int, label: Span) -> None:
    """Write the label as near to this column as there is room; not where it would be far off."""
    padded = cells.row(" ", label, " ")
    length = cells.width(padded)
    middle = column - length // 2
    for at in sorted(range(middle - length, middle + length + 1), key=lambda at: abs(at - middle)):
        if place(line, at, padded):
            return


def _place_note(line: list[Span], note: Row, room: tuple[int, int]) -> None:
    """Write the note into the room, as far to the right as it can stand."""
    padded = cells.row(" ", *note, " ")
    for at in range(room[1] - cells.width(padded), room[0] - 1, -1) if note else ():
        if place(line, at, padded):
            return


def column_in(window: Limits, epoch: float, columns: int) -> int:
    """The column, from 0, in which this epoch of the window lies."""
    return column(epoch - window[0], window[1] - window[0], columns)


def _centred(epoch: float, window: Limits, left: int, width: int, number: str) -> tuple[int, Span]:
    """The number of an epoch, and the column where it begins so that its middle is at the epoch."""
    label = f" {number} "
    at = left + column_in(window, epoch, width - left) - len(label) // 2
    return max(0, min(at, width - len(label) - 1)), Span(label, "dim")


def _ticks(window: Limits, columns: int) -> list[float]:
    """Epochs in steps of 1, 2 or 5 times a power of ten, at least ten columns apart."""
    start, end = window
    steps = (n * 10**k for k in range(13) for n in (1, 2, 5))
    step = next((step for step in steps if step * columns >= 10 * (end - start)), end - start)
    return [i * step for i in range(math.ceil(start / step), math.ceil(end / step))]
