"""Axes: which stretch of a quantity is shown, and what is written beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine import text
from tui.drawing import cells
from tui.drawing.cells import Row, Span

# Beyond this a measurement is an accident; within, differences of floats stay finite.
HUGE = 1e100

Limits = tuple[float, float]


def share(value: float | None, low: float, high: float) -> float:
    """Where the value lies between the limits, 0 to 1; 0 where it is not a number."""
    if value is None or math.isnan(value):
        return 0.0
    bottom, top = _tame(low), _tame(high)
    if top <= bottom:
        return 0.5 if math.isfinite(value) else 0.0
    return min(1.0, max(0.0, (_tame(value) - bottom) / (top - bottom)))


def _tame(value: float) -> float:
    return min(HUGE, max(-HUGE, value)) if not math.isnan(value) else 0.0


def epoch_span(epochs_done: float, planned: int) -> int:
    """How many epochs the x-axis spans: 1, 2, 4, 8 and so on, never more than planned.

    It doubles when it is full, so that a run of any length is redrawn a few times only.
    """
    span = 1
    while span < epochs_done and span < planned:
        span *= 2
    return max(1, min(span, planned))


def column(epoch: float, span: float, columns: int) -> int:
    """The column, from 0, in which this epoch lies."""
    if math.isnan(epoch) or span <= 0:
        return 0
    return min(columns - 1, int(min(1.0, max(0.0, epoch / span)) * columns))


def round_limits(low: float, high: float, *, previous: Limits | None = None) -> Limits:
    """Round limits around this range.

    Those before are kept as long as they hold the range and it fills half of them or more, for
    an axis that changes with every value cannot be read.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return previous or (0.0, 1.0)
    bottom, top = sorted((_tame(low), _tame(high)))
    if previous and _holds(previous, bottom, top):
        return previous
    size = max(abs(bottom), abs(top))
    if top - bottom <= 1e-9 * size or size < 1 / HUGE:
        bottom, top = bottom - size / 2, top + (size / 2 if size >= 1 / HUGE else 1.0)
    step = _step(top - bottom, size)
    return _snap(math.floor(bottom / step), step), _snap(math.ceil(top / step), step)


def _holds(limits: Limits, bottom: float, top: float) -> bool:
    low, high = limits
    return low <= bottom and top <= high and top - bottom >= (high - low) / 2


def _step(extent: float, size: float) -> float:
    """1, 2 or 5 with noughts, a fifth of the extent or more; for small numbers 1 with noughts."""
    # Limits of one digit keep their labels short: 4e-4, and not 3.5e-4.
    least = extent / 5 if size >= 0.05 else extent / 9
    power = 10.0 ** math.floor(math.log10(least))
    steps = (1, 2, 5, 10) if size >= 0.05 else (1, 10)
    return next(n * power for n in steps if n * power >= least * (1 - 1e-9))


def _snap(steps: int, step: float) -> float:
    """So many steps, without the last digits that a product of floats leaves: 0.3."""
    return float(f"{steps * step:.12g}")


def y_label(value: float) -> str:
    """A limit in four cells or five: 0, 2.5, 100, .015, 4e-4, 15k."""
    size = abs(value)
    if 1e4 <= size < 1e12:
        return text.si(value)
    if value and not 1e-3 <= size < 1e4:
        return f"{value:.0e}".replace("e+", "e").replace("e-0", "e-")
    written = f"{value:.4g}"
    return written if len(written) <= 4 else written.replace("0.", ".", 1)


def gutter(width: int) -> int:
    """How many cells at the left of a plot hold the y-axis; none in a very narrow pane."""
    return 6 if width >= 60 else 5 if width >= 20 else 0


def beside_labels(plot: Sequence[Row], low: float, high: float, left: int) -> list[Row]:
    """A plot with its y-axis at the left: the limits as labels at both ends."""
    if left < 2:
        return list(plot)
    ends = {0: high, len(plot) - 1: low} if len(plot) > 1 else {}
    return [
        (_y_axis(y_label(ends[i])[: left - 1] + "┤" if i in ends else "│", left), *row)
        for i, row in enumerate(plot)
    ]


def _y_axis(label: str, left: int) -> Span:
    return Span(cells.right(label, left), "dim")


def epoch_ticks(
    span: int, width: int, left: int = 0, marks: Mapping[float, Span] | None = None
) -> Row:
    """The lower border as x-axis: `─ 0 ──── 4 ──── 8 ─`, the plot beginning `left` cells in.

    `marks` stand at their epochs unless an end of the axis is written there.
    """
    columns = width - left
    if columns <= 0:
        return (Span("─" * width, "border"),)
    placed: dict[int, Span] = {}
    for epoch in (0, span):
        _place(placed, _centred(epoch, span, left, width))
    for mark, sign in (marks or {}).items():
        _place(placed, (left + column(mark, span, columns), sign))
    for epoch in range(0, span, _tick_step(span, columns)):
        _place(placed, _centred(epoch, span, left, width))
    return _line(placed, width)


def _centred(epoch: int, span: int, left: int, width: int) -> tuple[int, Span]:
    """Where the number of an epoch begins so that its middle is in its column."""
    label = f" {epoch} "
    at = left + column(epoch, span, width - left) - len(label) // 2
    return max(0, min(at, width - len(label) - 1)), Span(label, "dim")


def _place(placed: dict[int, Span], one: tuple[int, Span]) -> None:
    """Add it where it covers nothing that stands there already."""
    at, span = one
    if not any(at - len(s.text) < taken < at + len(span.text) for taken, s in placed.items()):
        placed[at] = span


def _tick_step(span: int, columns: int) -> int:
    """A round number of epochs that takes ten columns or more."""
    round_steps = (n * 10**k for k in range(7) for n in (1, 2, 5))
    doubling = (2**k for k in range(24))
    steps = round_steps if span & (span - 1) else doubling
    return next((step for step in steps if step * columns >= 10 * span), span)


def _line(placed: Mapping[int, Span], width: int) -> Row:
    spans: list[Span] = []
    at = 0
    for start, span in sorted(placed.items()):
        spans += [Span("─" * (start - at), "border"), span]
        at = start + len(span.text)
    return cells.fit(cells.row(*spans, Span("─" * (width - at), "border")), width)
