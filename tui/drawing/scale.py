"""The y-axis: round limits around the measured values, and the labels beside a plot."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from engine import numbers
from tui.drawing import cells
from tui.drawing.axis import HUGE, Limits, share, tame
from tui.drawing.cells import Row, Span

# The fewest rows between two labels.
LABEL_ROWS = 3
# The dots of a cell, one above the other.
DOTS = 4
# The digits of a label: three of a limit, and those of a quarter of the smallest step between two.
DIGITS = 6


class Scale(NamedTuple):
    """A y-axis from `low` to `high`; the limits of a logarithmic one lie above 0."""

    low: float
    high: float
    log: bool = False

    def holds(self, value: float) -> bool:
        """Whether the value can be drawn; a value outside the limits is drawn at the end."""
        return math.isfinite(value) and (value > 0 or not self.log)

    def share(self, value: float) -> float:
        """The position of the value between the limits, 0 to 1."""
        if not self.log:
            return share(value, self.low, self.high)
        return share(_log(value), _log(self.low), _log(self.high))


def _log(value: float) -> float:
    return math.log10(max(value, 1 / HUGE)) if not math.isnan(value) else math.nan


def round_limits(low: float, high: float, *, previous: Limits | None = None) -> Limits:
    """Round limits around this range.

    The previous limits are kept while they hold the range and it fills at least half of them: an
    axis that changes with every value cannot be read.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return previous or (0.0, 1.0)
    bottom, top = sorted((tame(low), tame(high)))
    if previous and _holds(previous, bottom, top):
        return previous
    size = max(abs(bottom), abs(top))
    if top - bottom <= 1e-9 * size or size < 1 / HUGE:
        bottom, top = bottom - size / 2, top + (size / 2 if size >= 1 / HUGE else 1.0)
    step = _step(top - bottom, size)
    return _snap(math.floor(bottom / step), step), _snap(math.ceil(top / step), step)


def _holds(limits: Limits, bottom: float, top: float, *, log: bool = False) -> bool:
    scale = Scale(*limits, log)
    filled = scale.share(top) - scale.share(bottom)
    return limits[0] <= bottom and top <= limits[1] and filled >= 0.5


def _step(extent: float, size: float) -> float:
    """1, 2 or 5 times a power of ten, at least a fifth of the extent; only 1 for small sizes."""
    # Limits of one digit keep their labels short: 4e-4, and not 3.5e-4.
    least = extent / 5 if size >= 0.05 else extent / 9
    power = 10.0 ** math.floor(math.log10(least))
    steps = (1, 2, 5, 10) if size >= 0.05 else (1, 10)
    return next(n * power for n in steps if n * power >= least * (1 - 1e-9))


def _snap(steps: int, step: float) -> float:
    """The product, without rounding errors in its last digits: 0.3."""
    return float(f"{steps * step:.12g}")


def log_limits(low: float, high: float, *, previous: Scale | None = None) -> Scale:
    """Limits of a logarithmic axis around this range: 1, 2, 3 or 5 times a power of ten.

    The previous limits are kept by the rule of `round_limits`.
    """
    bottom, top = (min(HUGE, max(1 / HUGE, value)) for value in sorted((low, high)))
    if previous and previous.log and _holds((previous.low, previous.high), bottom, top, log=True):
        return previous
    if top <= bottom * (1 + 1e-9):
        bottom, top = bottom / 2, top * 2
    return Scale(_digit(bottom, upward=False), _digit(top, upward=True), log=True)


def _digit(value: float, *, upward: bool) -> float:
    """The nearest 1, 2, 3 or 5 times a power of ten that is not below, or not above, the value."""
    power = 10.0 ** math.floor(math.log10(value))
    digits = [float(f"{n * power:.1e}") for n in (1, 2, 3, 5, 10)]
    if upward:
        return min((d for d in digits if d >= value * (1 - 1e-9)), default=digits[-1])
    return max((d for d in digits if d <= value * (1 + 1e-9)), default=digits[0])


def y_label(value: float) -> str:
    """A round value, exactly: 0, 2.5, 100, 0.015, 4e-4, 15k; a limit has at most five cells.

    A division between limits may need more digits, as 13.275k.
    """
    size = abs(value)
    for bound, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if max(1e4, bound) <= size < 1e12:
            return f"{value / bound:.{DIGITS}g}{unit}"
    if value and not 1e-3 <= size < 1e4:
        return numbers.short(value, 1e-3, DIGITS)
    return f"{value:.{DIGITS}g}"


def beside_labels(plot: Sequence[Row], scale: Scale, left: int) -> list[Row]:
    """A plot with its y-axis on the left: labels at both ends, and between them if they fit."""
    if left < 2:
        return list(plot)
    labels = _y_labels(scale, len(plot), left - 1)
    return [
        (_y_axis(labels[i] + "┤" if i in labels else "│", left), *row) for i, row in enumerate(plot)
    ]


def _y_labels(scale: Scale, rows: int, width: int) -> dict[int, str]:
    """The label of each row that has one; between the ends only labels that fit whole."""
    if rows < 2:
        return {}
    labels = {0: y_label(scale.high)[:width], rows - 1: y_label(scale.low)[:width]}
    for value in _decades(scale) if scale.log else _divisions(scale, rows):
        row, label = dot_row(scale, value, rows) // DOTS, y_label(value)
        if len(label) <= width and all(abs(row - other) >= LABEL_ROWS for other in labels):
            labels[row] = label
    return labels


def dot_row(scale: Scale, value: float, rows: int) -> int:
    """The row of dots, from 0 at the top, in which the value lies; a cell is four dots high.

    The limits lie in the middle of the first and of the last row of cells, where their ticks stand;
    only values beyond the limits lie above or below these ticks. A value midway between two dots
    takes the one nearer to the middle of the plot, in spite of rounding errors.
    """
    return dot_rows(scale, rows)(value)


def dot_rows(scale: Scale, rows: int) -> Callable[[float], int]:
    """`dot_row` for many values."""
    if rows < 2:
        return lambda value: round((1 - scale.share(value)) * (DOTS - 1))
    last, steps, middle = DOTS * rows - 1, DOTS * (rows - 1), (DOTS * rows - 1) / 2
    low, high = scale.low, scale.high
    extent, slack = high - low, 1e-9 * (high - low)
    plain = not scale.log and -HUGE <= low < high <= HUGE

    def row(value: float) -> int:
        if value > high + slack:
            return 0
        if value < low - slack:
            return last
        # `Scale.share`, inlined for most values: this runs for every epoch at each drawing.
        inside = plain and low <= value <= high
        share = (value - low) / extent if inside else scale.share(value)
        at = steps * (1 - share) + (DOTS - 1) / 2
        return math.floor(at + 0.5 + 1e-6) if at < middle else math.ceil(at - 0.5 - 1e-6)

    return row


def _divisions(scale: Scale, rows: int) -> Sequence[float]:
    """Round values that divide the axis evenly, a few rows apart.

    If possible, all lie in the middle of a row, where their ticks stand, to one dot.
    """
    extent, most = scale.high - scale.low, (rows - 1) // LABEL_ROWS
    if most < 2 or not 1 / HUGE < extent < math.inf:
        return ()
    power = 10.0 ** math.floor(math.log10(extent / most))
    found: list[list[float]] = []
    for step in (power * n for n in (1, 2, 2.5, 5, 10, 20)):
        first, parts = scale.low / step, extent / step
        if 1.5 < parts <= most + 1e-6 and all(abs(x - round(x)) < 1e-6 for x in (first, parts)):
            found.append([_snap(round(first) + i, step) for i in range(1, round(parts))])
            apart = (rows - 1) / round(parts)
            if all(abs(i * apart - round(i * apart)) <= 1 / DOTS for i in range(1, round(parts))):
                return found[-1]
    return found[0] if found else ()


def _decades(scale: Scale) -> Iterator[float]:
    """The powers of ten between the limits, then two and five times the powers of ten."""
    powers = range(math.floor(_log(scale.low)), math.ceil(_log(scale.high)) + 1)
    for digit in (1, 2, 5):
        for power in powers:
            value = float(f"{digit}e{power}")
            if scale.low < value < scale.high:
                yield value


def _y_axis(label: str, left: int) -> Span:
    return Span(cells.right(label, left), "dim")
