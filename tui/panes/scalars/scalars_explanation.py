"""Sentences that explain the named numbers which the program knows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from engine.run.curve import Curve
from engine.run.fold import IMAGES_PER_SECOND
from engine.run.history import History
from tui.panes.scalars import scalars_text
from tui.panes.scalars.scalar_drawing import amount

GRADIENT_NORM = "gradient_norm"


def sentences(history: History) -> Iterator[str]:
    yield scalars_text.EXPLAIN_SCALARS
    if not any(curve.bins() for curve in history.scalars.values()):
        yield scalars_text.EXPLAIN_WAIT
        return
    yield scalars_text.EXPLAIN_RANGES
    if history.scalars[IMAGES_PER_SECOND]:
        yield scalars_text.EXPLAIN_SPEED
    if GRADIENT_NORM in history.scalars:
        yield _gradient(history.scalars[GRADIENT_NORM])


def _gradient(curve: Curve) -> str:
    values = sorted(one.mean for one in curve.bins() if math.isfinite(one.mean))
    if curve.last is None or not values:
        return scalars_text.EXPLAIN_GRADIENT_NOT_FINITE
    return scalars_text.explain_gradient(amount(curve.last), amount(values[len(values) // 2]))
