"""The x-axis of a comparison: epochs, steps, seconds or images, of which any part may be shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from engine import numbers
from tui.drawing import axis, cells
from tui.drawing.axis import LINE, Limits, column_in, place
from tui.drawing.cells import Row, Span

# The fewest columns between two numbers.
APART = 12
# Lengths of time that clocks have: seconds, minutes, hours and days.
TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
DAY = TIMES[-1]


def ticks(name: str, window: Limits, width: int, left: int = 0, cursor: float | None = None) -> Row:
    """The lower border: `epoch ─ 2 ──── 4 ──── 6 ─`, the plot beginning `left` cells in."""
    line, columns = [LINE] * width, width - left
    if columns < 1 or not window[0] < window[1]:
        return cells.merged(line)
    if cursor is not None and window[0] <= cursor <= window[1]:
        place(line, left + column_in(window, cursor, columns), (Span("▲", "key"),))
    words = f" {name} "
    place(line, 0, (Span(words[: max(0, width)], "dim"),))
    step = _step(window, columns, name)
    for i in range(math.ceil(window[0] / step), math.floor(window[1] / step) + 1):
        number = f" {written(name, i * step, step)} "
        at = left + column_in(window, i * step, columns) - len(number) // 2
        place(line, min(at, width - len(number)), (Span(number, "dim"),))
    return cells.merged(line)


def _step(window: Limits, columns: int, name: str) -> float:
    """The distance of two numbers: round, and wide enough for them."""
    least = (window[1] - window[0]) / columns * APART
    if name == "time" and least >= 1:
        return next((time for time in TIMES if time >= least), math.ceil(least / DAY) * DAY)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= least * (1 - 1e-9))
    return step if name in ("epoch", "time") else max(1.0, step)


def written(name: str, at: float, least: float) -> str:
    """The number of a place; those that differ by `least` are written differently."""
    return _WRITTEN[name](at, least)


def _epoch(at: float, least: float) -> str:
    return f"{at:.{_digits(least)}f}"


def _count(at: float, least: float) -> str:
    return axis.written(round(at), least, "step")


def _time(at: float, least: float) -> str:
    if at < 60 and least < 10:
        return f"{at:.{_digits(least)}f} s"
    return f"{at / DAY:.0f} d" if least >= DAY else numbers.duration(round(at))


def _digits(least: float) -> int:
    """The decimals that tell apart numbers which differ by this."""
    return -math.floor(math.log10(least)) if least < 1 else 0


_WRITTEN: Mapping[str, Callable[[float, float], str]] = {
    "epoch": _epoch,
    "step": _count,
    "images": _count,
    "time": _time,
}
