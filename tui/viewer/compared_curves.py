"""The curve of a quantity of one run, on any of the axes of a comparison."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.run.fold import IMAGES_PER_SECOND
from tui.viewer.compared_axes import Axis
from tui.viewer.points import Column
from tui.viewer.traced_history import VALIDATION, TracedHistory

# Fractions, which are shown in per cent.
SHARES = frozenset({"top1", "top5", "balanced", "train_top1"})
# The quantities that all trainings may have, in their order; scalars follow.
QUANTITIES = ("top1", "loss", "train_loss", "train_top1", "lr", "top5", "balanced")
# Smoothing sees at most this many points of a curve, over the whole axis.
PARTS = 1024


class Curve(NamedTuple):
    """Places on the axis, which rise, and the values there, NaN where one is not finite.

    `steps` and `elapsed` say for each point at which step and second of the run it was measured.
    """

    x: Column
    y: Column
    steps: Column
    elapsed: Column


class Reading(NamedTuple):
    """The newest point of a curve up to a place."""

    value: float
    smoothed: float
    step: int
    elapsed: float


def quantities(histories: list[TracedHistory]) -> list[str]:
    """The names of what any of these has measured, the best known first."""
    told = dict.fromkeys(name for one in histories for name in one.quantities)
    first = [name for name in QUANTITIES if name in told]
    scalars = sorted(name for name in told if name not in QUANTITIES and name != IMAGES_PER_SECOND)
    return [*first, *(name for name in (IMAGES_PER_SECOND,) if name in told), *scalars]


def is_of_epochs(name: str) -> bool:
    """Whether there is one value for each epoch."""
    return name in VALIDATION


def rises(name: str) -> bool:
    """Whether more of it is better."""
    return name in SHARES or name == IMAGES_PER_SECOND


def curve(history: TracedHistory, name: str, axis: Axis) -> Curve | None:
    """The curve in the units of the screen; None if it was not measured, or has no such axis."""
    points = history.quantities.get(name)
    if points is None:
        return None
    steps, elapsed, values = points.columns
    x = places(history, axis, steps, elapsed)
    if x is None:
        return None
    return Curve(x, 100 * values if name in SHARES else values, steps, elapsed)


def has_axis(history: TracedHistory, name: str, axis: Axis) -> bool:
    """Whether it is known where this quantity, which was measured, lies on an axis."""
    steps, elapsed, _ = history.quantities[name].columns
    return places(history, axis, steps[-1:], elapsed[-1:]) is not None


def places(history: TracedHistory, axis: Axis, steps: Column, elapsed: Column) -> Column | None:
    """Where these steps (n,) and seconds (n,) lie on an axis; None if that is not known."""
    match axis:
        case "step":
            return steps
        case "time":
            return elapsed if len(elapsed) and elapsed[-1] > 0 else None
        case "images":
            return steps * history.batch if history.batch else None
        case "epoch":
            return _epochs(history, steps)


def place_of_step(history: TracedHistory, axis: Axis, step: int) -> float | None:
    """Where a step lies on an axis other than time; None if that is not known."""
    found = places(history, axis, np.array([step], np.float64), np.array([0.0]))
    return float(found[0]) if found is not None else None


def _epochs(history: TracedHistory, steps: Column) -> Column | None:
    if not history.counts_steps:
        return steps / history.steps_per_epoch
    ended = history.epochs
    if not ended:
        return None
    ends = np.array([0, *(one.step for one in ended)], np.float64)
    numbers = np.array([0, *(one.epoch for one in ended)], np.float64)
    length = (ends[-1] - ends[0]) / max(1.0, numbers[-1])
    beyond = (steps - ends[-1]).clip(min=0.0) / max(1.0, length)
    found: Column = np.interp(steps, ends, numbers) + beyond
    return found


def smoothed(drawn: Curve, weight: float, extent: float) -> Curve:
    """An exponential moving average with this weight, corrected for its bias towards the start.

    It is that of TensorBoard: a point counts `weight` times as much as the one after it, however
    far apart they are. A curve with more points is averaged over parts of the axis first, so that
    runs which report more or less often are smoothed alike. (Kingma & Ba 2015)
    """
    means = averaged(drawn, extent)
    total, count, kept = 0.0, 0.0, 1.0 - weight
    smooth: list[float] = []
    for value in means.y.tolist():
        if value == value:  # NaN is no equal of itself
            total, count = total * weight + kept * value, count * weight + kept
        smooth.append(total / count if value == value else value)
    return means._replace(y=np.array(smooth, np.float64))


def averaged(drawn: Curve, extent: float) -> Curve:
    """The mean of each part of the axis, which ends at `extent`, that holds finite values."""
    if len(drawn.x) <= PARTS or extent <= 0:
        return drawn
    parts = (drawn.x / extent * PARTS).astype(np.int64)
    firsts, y = means_of(parts, drawn.y)
    lasts = np.append(firsts[1:], len(parts)) - 1
    return Curve(drawn.x[lasts], y, drawn.steps[lasts], drawn.elapsed[lasts])


def means_of(parts: NDArray[np.int64], values: Column) -> tuple[NDArray[np.int64], Column]:
    """The first index of each part, and the mean of its finite values, NaN without any.

    `parts` (n,) say to which part each of the `values` (n,) belongs, and never fall.
    """
    firsts = np.flatnonzero(np.diff(parts, prepend=parts[0] - 1))
    finite = np.isfinite(values)
    counts = np.add.reduceat(finite.astype(np.float64), firsts)
    sums = np.add.reduceat(np.where(finite, values, 0.0), firsts)
    return firsts, np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan)


def reading(drawn: Curve, smooth: Curve, place: float) -> Reading | None:
    """What is known at a place: the newest point up to it; None before the first one."""
    at = int(np.searchsorted(drawn.x, place, side="right")) - 1
    if at < 0:
        return None
    before = max(0, int(np.searchsorted(smooth.x, place, side="right")) - 1)
    return Reading(
        float(drawn.y[at]), float(smooth.y[before]), int(drawn.steps[at]), float(drawn.elapsed[at])
    )
