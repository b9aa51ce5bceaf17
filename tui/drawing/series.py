"""The two curves of a run as points over epochs, and the y-axis that suits them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from engine.events import EpochEnded, Unmeasured
from engine.history import Curve, History
from tui.drawing.axis import Limits, round_limits
from tui.drawing.numbers import number


class Series(NamedTuple):
    """What a curve pane draws, x in epochs; a y that is NaN was not finite.

    `line` is the training curve, `points` the validation of each epoch, `recent` the newest
    training values by step.
    """

    line: list[tuple[float, float]]
    points: list[tuple[float, float]]
    recent: list[tuple[int, float]]


def loss_series(history: History) -> Series:
    """The loss in training and validation."""
    points = [(float(epoch.epoch), number(epoch.loss)) for epoch in history.epochs]
    recent = [(steps.step, number(steps.loss)) for steps in history.recent]
    return Series(_line(history, history.loss, 1.0), points, recent)


def accuracy_series(history: History) -> Series:
    """The top-1 accuracy in training and validation, in per cent."""
    points = [(float(epoch.epoch), 100 * number(epoch.top1)) for epoch in history.epochs]
    recent = [(steps.step, 100 * number(steps.top1)) for steps in history.recent]
    return Series(_line(history, history.top1, 100.0), points, recent)


def _line(history: History, curve: Curve, scale: float) -> list[tuple[float, float]]:
    epoch = history.steps_per_epoch
    line: list[tuple[float, float]] = []
    for bin_ in curve.bins():
        line.append((bin_.step / epoch, scale * bin_.mean))
        # A bin that was not finite throughout still shows its finite part.
        if bin_.broken and math.isfinite(bin_.mean):
            line.append((bin_.step / epoch, math.nan))
    return line


def loss_limits(series: Series, classes: int, previous: Limits | None = None) -> Limits:
    """From 0 to what holds the loss.

    A spike does not flatten the rest: what is three times as high as both a guess (ln of the
    classes) and nearly all other values is cut off at the edge.
    """
    guess = math.log(max(2, classes))
    values = sorted(_finite([*series.line, *series.points])) or [guess]
    usual = values[int(0.95 * (len(values) - 1))]
    return round_limits(0.0, min(values[-1], 3 * max(usual, guess)), previous=previous)


def accuracy_limits(series: Series, previous: Limits | None = None) -> Limits:
    """From below the lowest accuracy to 100 per cent."""
    low = min(_finite([*series.line, *series.points]), default=0.0)
    bottom, _ = round_limits(low, 100.0, previous=previous)
    return bottom, 100.0


def epochs_done(history: History) -> float:
    """How far the run is, in epochs."""
    return history.step / history.steps_per_epoch


def gap(epoch: EpochEnded) -> float:
    """By how much training is more accurate than validation, as a fraction; NaN if unknown."""
    return _difference(epoch.train_top1, epoch.top1)


def _difference(one: Unmeasured, other: Unmeasured) -> float:
    return number(one) - number(other)


def _finite(points: Iterable[tuple[float, float]]) -> list[float]:
    return [y for _, y in points if math.isfinite(y)]
