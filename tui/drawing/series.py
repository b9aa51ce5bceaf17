"""The curves of a run as points over epochs, smoothed or not, and the y-axis that suits them."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from msgspec import UNSET

from engine.numbers import number
from engine.run.curve import Curve
from engine.run.history import History
from tui.drawing.axis import Limits
from tui.drawing.scale import Scale, log_limits, round_limits

# Smoothing divides the x-axis into this many parts. From one part to the next, the influence of a
# value falls by the weight, no matter how many values a part holds.
PARTS = 256


# One of the newest steps: its number, its time in unix seconds, and the value. Hundreds are made at
# each drawing, so it has no names.
Recent: TypeAlias = tuple[int, float, float]


class Series(NamedTuple):
    """The curves of a pane, x in epochs; NaN stands for a value that was not finite.

    `line` is the training curve, `points` the validation of each epoch, `recent` the newest
    training values.
    """

    line: list[tuple[float, float]]
    points: list[tuple[float, float]]
    recent: list[Recent]


def loss_series(history: History) -> Series:
    """The loss in training and validation."""
    place, ended = history.place, history.epochs
    points = [(place(epoch), number(epoch.loss)) for epoch in ended if epoch.loss is not UNSET]
    recent = [(s.step, s.time, number(s.loss)) for s in history.recent if s.loss is not UNSET]
    return Series(curve_line(history, history.loss), points, recent)


def accuracy_series(history: History) -> Series:
    """The top-1 accuracy in training and validation, in per cent."""
    place, ended = history.place, history.epochs
    points = [
        (place(epoch), 100 * number(epoch.top1)) for epoch in ended if epoch.top1 is not UNSET
    ]
    recent = [(s.step, s.time, 100 * number(s.top1)) for s in history.recent if s.top1 is not UNSET]
    return Series(curve_line(history, history.top1, 100.0), points, recent)


def curve_line(history: History, curve: Curve, scale: float = 1.0) -> list[tuple[float, float]]:
    """A curve over epochs, its values times `scale`; NaN where they were not finite."""
    epoch = history.steps_per_epoch
    line: list[tuple[float, float]] = []
    for bin_ in curve.bins():
        line.append((bin_.step / epoch, scale * bin_.mean))
        # A bin with some finite values still shows their mean.
        if bin_.broken and math.isfinite(bin_.mean):
            line.append((bin_.step / epoch, math.nan))
    return line


def in_detail(series: Series, steps_per_epoch: int) -> Series:
    """The series with the recent values in its line, in place of their means."""
    if not series.recent:
        return series
    newest = [(step / steps_per_epoch, value) for step, _, value in series.recent]
    before = bisect.bisect_left(series.line, newest[0][0], key=lambda point: point[0])
    return series._replace(line=[*series.line[:before], *newest])


def smoothed(series: Series, weight: float, window: Limits) -> Series:
    """The series with an exponentially smoothed line; 0 leaves it as it is.

    A value counts `weight` times as much as a value that is a 256th of the window later. The mean
    is corrected for its bias towards the start, as in Adam (Kingma & Ba 2015).
    """
    if not weight:
        return series
    part = (window[1] - window[0]) / PARTS
    total = count = 0.0
    before, line = -math.inf, []
    for x, y in series.line:
        if math.isfinite(y):
            kept = weight ** (max(0.0, x - before) / part)
            total, count, before = total * kept + y, count * kept + 1, x
        line.append((x, total / count if math.isfinite(y) else y))
    return series._replace(line=line)


def within(series: Series, window: Limits) -> Series:
    """The part of the curves that lies in this window of epochs."""
    start, end = window
    line = [point for point in series.line if start <= point[0] <= end]
    points = [point for point in series.points if start <= point[0] <= end]
    return series._replace(line=line, points=points)


def nearest(line: Sequence[tuple[float, float]], epoch: float, reach: float) -> float | None:
    """The value nearest to this epoch; None if it is further away than `reach`."""
    at = bisect.bisect_left(line, epoch, key=lambda point: point[0])
    near = min(line[max(0, at - 1) : at + 1], key=lambda p: abs(p[0] - epoch), default=None)
    return near[1] if near is not None and abs(near[0] - epoch) <= reach else None


def loss_scale(
    series: Series,
    classes: int,
    *,
    log: bool = False,
    close: bool = False,
    previous: Scale | None = None,
) -> Scale:
    """The y-axis of the loss: from 0, or from the lowest loss if `close`.

    A spike does not flatten the rest: the axis ends at most at three times the 95th percentile of
    the losses. Unless `close`, that limit is at least three times the loss of a guess (the
    logarithm of the number of classes).
    """
    guess = math.log(max(2, classes))
    values = sorted(_finite([*series.line, *series.points]))
    values = [value for value in values if value > 0 or not log] or [guess]
    usual = values[int(0.95 * (len(values) - 1))]
    high = min(values[-1], 3 * (usual if close else max(usual, guess)))
    if log:
        return log_limits(values[0], max(high, values[0]), previous=previous)
    before = (previous.low, previous.high) if previous and not previous.log else None
    low = min(values[0], high) if close else min(values[0], 0.0)
    return Scale(*round_limits(low, high, previous=before))


def accuracy_scale(series: Series, *, close: bool = False, previous: Scale | None = None) -> Scale:
    """From below the lowest accuracy to 100 per cent, or to the highest if `close`."""
    values = _finite([*series.line, *series.points])
    high = max(values, default=100.0) if close else 100.0
    before = (previous.low, previous.high) if previous else None
    low, top = round_limits(min(values, default=0.0), high, previous=before)
    return Scale(max(0.0, low), min(100.0, top)) if close else Scale(low, 100.0)


def epochs_done(history: History) -> float:
    """The epochs that the run has trained, a fraction within an epoch."""
    return history.step / history.steps_per_epoch


def _finite(points: Iterable[tuple[float, float]]) -> list[float]:
    return [y for _, y in points if math.isfinite(y)]
