"""Curves and bars in one row."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Sequence

from tui.drawing.axis import share

STEPS = "▁▂▃▄▅▆▇█"
GAP = "·"
# The newest values are those of a minute, or of as long as this many values took.
RECENT_SECONDS = 60
RECENT_VALUES = 15
# So many stretches have the value at the end of the last of them.
LATER = 3
# Spans in seconds that have a short name.
SPANS = (10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400)


def sparkline(
    values: Iterable[float | None],
    width: int,
    low: float | None = None,
    high: float | None = None,
) -> str:
    """The values as blocks, the newest on the right; `·` stands for a value that is not finite.

    If there are more values than cells, a block is a mean. The lowest block stands for `low` and
    the highest for `high`; by default these are the lowest and the highest value.
    """
    means = averaged([math.nan if value is None else value for value in values], width)
    finite = [mean for mean in means if math.isfinite(mean)]
    bottom = min(finite, default=0.0) if low is None else low
    top = max(finite, default=0.0) if high is None else high
    return "".join([_block(mean, bottom, top) for mean in means]).rjust(max(0, width))


def with_gaps(values: Iterable[float | None], low: float, high: float) -> str:
    """A block for each value between the limits; a space for None, `·` for NaN."""
    return "".join([" " if v is None else _block(v, low, high) for v in values])


def _block(value: float, low: float, high: float) -> str:
    return STEPS[round(7 * share(value, low, high))] if math.isfinite(value) else GAP


def averaged(values: Sequence[float], columns: int) -> list[float]:
    """The values as the means of at most `columns` groups of neighbours."""
    if len(values) <= columns:
        return list(values)
    edges = [i * len(values) // columns for i in range(columns + 1)] if columns > 0 else []
    return [_mean(values[a:b]) for a, b in itertools.pairwise(edges)]


def recent_span(times: Sequence[float]) -> int:
    """The seconds that the newest values span: a minute, longer if they are rare.

    It is shorter while all values are newer. The times ascend, and there is at least one.
    """
    enough = times[-RECENT_VALUES] if len(times) >= RECENT_VALUES else times[0]
    least = max(times[-1] - enough, min(RECENT_SECONDS, times[-1] - times[0]))
    return next((span for span in SPANS if span >= least), SPANS[-1])


def over_time(
    points: Sequence[tuple[float, float]], columns: int, seconds: float
) -> list[float | None]:
    """The newest values of (time, value) pairs, as means over `columns` equal stretches of time.

    The stretches are fixed, so that a new value changes only the last columns. A value is the mean
    since the one before, so a stretch without one has that of the next few. None stands for a
    stretch without either, and NaN for values that are not finite.
    """
    if not points or columns <= 0:
        return [None] * max(0, columns)
    stretch = seconds / columns
    last = math.floor(points[-1][0] / stretch)
    groups: dict[int, list[float]] = {}
    # The times ascend; a stretch more than is shown makes up for rounding.
    first = bisect.bisect_left(points, (last - columns) * stretch, key=lambda point: point[0])
    for time, value in points[first:]:
        groups.setdefault(math.floor(time / stretch), []).append(value)
    means: list[float | None] = []
    for key in range(last, last - columns, -1):
        near = next((k for k in range(key, key + LATER) if k in groups), None)
        means.append(None if near is None else _mean(groups[near]))
    return means[::-1]


def meter(fraction: float | None, width: int) -> str:
    """A share of a whole: `▇▇▇▁▁`."""
    full = round(share(fraction, 0.0, 1.0) * width) if width > 0 else 0
    return "▇" * full + "▁" * (width - full)


def bar(fraction: float | None, width: int) -> str:
    """A bar that fills this fraction of the width, then spaces.

    It ends with a whole cell: no glyph is half as wide as `▇` and as high, and a bar of full height
    would touch the one above.
    """
    full = round(share(fraction, 0.0, 1.0) * width) if width > 0 else 0
    return ("▇" * full).ljust(max(0, width))


def _mean(values: Sequence[float]) -> float:
    """The mean of the finite ones; NaN without any."""
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan
