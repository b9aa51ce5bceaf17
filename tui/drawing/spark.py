"""Curves and bars in one row."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from tui.drawing.axis import share

STEPS = "▁▂▃▄▅▆▇█"
GAP = "·"


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
    blocks = (STEPS[round(7 * share(m, bottom, top))] if math.isfinite(m) else GAP for m in means)
    return "".join(blocks).rjust(max(0, width))


def averaged(values: Sequence[float], columns: int) -> list[float]:
    """The values as the means of at most `columns` groups of neighbours."""
    if len(values) <= columns:
        return list(values)
    edges = [i * len(values) // columns for i in range(columns + 1)] if columns > 0 else []
    return [_mean(values[a:b]) for a, b in itertools.pairwise(edges)]


def latest(points: Sequence[tuple[int, float]], columns: int) -> list[float]:
    """The newest values of (step, value) pairs, as means over equal stretches of steps.

    A column shows one stretch. Stretches are fixed, so that a new value changes only the last
    column and not the whole row.
    """
    if not points or columns <= 0:
        return []
    stretch = 1
    while (points[-1][0] - points[0][0]) // (2 * stretch) >= columns:
        stretch *= 2
    totals: dict[int, float] = {}
    counts: dict[int, int] = {}
    for step, value in points:
        key = step // stretch
        sound = math.isfinite(value)
        totals[key] = totals.get(key, 0.0) + (value if sound else 0.0)
        counts[key] = counts.get(key, 0) + sound
    newest = sorted(totals)[-columns:]
    return [totals[key] / counts[key] if counts[key] else math.nan for key in newest]


def meter(fraction: float | None, width: int) -> str:
    """A share of a whole: `▇▇▇▁▁`."""
    full = round(share(fraction, 0.0, 1.0) * width) if width > 0 else 0
    return "▇" * full + "▁" * (width - full)


def bar(fraction: float | None, width: int) -> str:
    """A bar that fills this fraction of the width, in steps of half a cell, then spaces."""
    halves = round(2 * share(fraction, 0.0, 1.0) * width) if width > 0 else 0
    return ("▇" * (halves // 2) + "▌" * (halves % 2)).ljust(max(0, width))


def _mean(values: Sequence[float]) -> float:
    """The mean of the finite ones; NaN without any."""
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan
