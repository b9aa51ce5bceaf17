"""Several curves as one: mean and deviation on a common axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

Points: TypeAlias = Sequence[tuple[float, float]]
# No screen and no page has dots for more.
MOST_POINTS = 2048


class MeanPoint(NamedTuple):
    """The mean of the curves at x, and their deviation (n - 1); each is NaN where a curve is."""

    x: float
    mean: float
    deviation: float


def mean_curve(curves: Sequence[Points]) -> list[MeanPoint]:
    """The mean of two or more curves, whose x rise, over the range that all of them cover.

    Each point is thus a mean of all curves, and no curve that ends early bends it. It has the
    places of all curves, or of many `MOST_POINTS` evenly spaced ones; between its points a curve is
    a straight line. Empty where a curve has no point, or no range is common.
    """
    if not all(curves):
        return []
    every = [np.asarray(points, np.float64) for points in curves]
    start, end = max(one[0, 0] for one in every), min(one[-1, 0] for one in every)
    at = np.unique(np.concatenate([one[:, 0] for one in every]))
    at = at[(at >= start) & (at <= end)]
    if len(at) > MOST_POINTS:
        at = np.linspace(start, end, MOST_POINTS)
    if not len(at):
        return []
    heights = np.stack([np.interp(at, one[:, 0], one[:, 1]) for one in every])
    with np.errstate(invalid="ignore"):  # infinities have no deviation
        columns = at.tolist(), heights.mean(0).tolist(), heights.std(0, ddof=1).tolist()
    return [MeanPoint(*point) for point in zip(*columns, strict=True)]
