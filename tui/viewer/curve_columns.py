"""A curve as columns of dots: what a plot of a part of the axis shows of it."""

from __future__ import annotations

import numpy as np

from tui.drawing.axis import Limits
from tui.viewer import compared_curves
from tui.viewer.compared_curves import Curve


def columns_of(drawn: Curve, window: Limits, columns: int) -> list[tuple[int, float]]:
    """The mean of each column of dots that has points; NaN of one without a finite value.

    Where the curve enters or leaves the window between two points, it does so at the edge.
    """
    start, end = window
    inside = _with_edges(drawn, window)
    if not len(inside.x):
        return []
    at = ((inside.x - start) / (end - start) * columns).astype(np.int64).clip(0, columns - 1)
    firsts, means = compared_curves.means_of(at, inside.y)
    return [*zip(at[firsts].tolist(), means.tolist(), strict=True)]


def _with_edges(drawn: Curve, window: Limits) -> Curve:
    """The points in the window, and those at its edges that lie between points on both sides."""
    start, end = window
    first = int(np.searchsorted(drawn.x, start))
    last = int(np.searchsorted(drawn.x, end, side="right"))
    x, y = drawn.x[first:last], drawn.y[first:last]
    if 0 < first < len(drawn.x):
        x, y = np.append(start, x), np.append(_between(drawn, first, start), y)
    if 0 < last < len(drawn.x):
        x, y = np.append(x, end), np.append(y, _between(drawn, last, end))
    return drawn._replace(x=x, y=y)


def _between(drawn: Curve, after: int, place: float) -> float:
    """The value on the straight line from the point before this one, at a place between them."""
    x0, x1 = drawn.x[after - 1], drawn.x[after]
    y0, y1 = drawn.y[after - 1], drawn.y[after]
    return float(y0 + (y1 - y0) * ((place - x0) / (x1 - x0) if x1 > x0 else 1.0))


def breaks(drawn: Curve, window: Limits) -> list[float]:
    """The places in the window at which the values cease to be finite."""
    broken = ~np.isfinite(drawn.y)
    begins = broken & ~np.append(False, broken[:-1])
    places = drawn.x[begins]
    return [place for place in places.tolist() if window[0] <= place <= window[1]]
