"""The learning rate of a Keras optimizer: what the next step uses, and how a person steers it.

A person's factor is on the optimizer only while steps are taken. Between epochs it has the planned
rate, which is what `LearningRateScheduler` and `ReduceLROnPlateau` read and set.
"""

from __future__ import annotations

import math
from typing import Any

import keras

from cnn_tui.keras_watching import keras_text

HIGHEST_RATE = 1e6


class SteeringError(Exception):
    """The rate cannot be steered so; the text says why."""


class KerasRate:
    """The learning rate of the optimizer of one training."""

    def __init__(self) -> None:
        self.factor = 1.0
        self._planned = self._written = 0.0
        self._in_force = False

    @property
    def is_steered(self) -> bool:
        return self.factor != 1.0

    def used(self, optimizer: Any) -> float | None:
        """The rate of the next step; None where there are several optimizers, or none."""
        rate = getattr(optimizer, "learning_rate", None)
        # With seven digits, as many as it has: 0.001 is 0.0010000000474974513 in float32.
        return None if rate is None else float(f"{float(keras.ops.convert_to_numpy(rate)):.7g}")

    def steer(self, optimizer: Any, lr: float | None, scale: float | None) -> float:
        """Set or scale the rate from the next step on, and return it. Raises SteeringError."""
        why_not = refusal(optimizer)
        if why_not:
            raise SteeringError(why_not)
        before = self.used(optimizer)
        assert before is not None
        wanted = (before if lr is None else lr) * (1.0 if scale is None else scale)
        if not 0 < wanted <= HIGHEST_RATE or not math.isfinite(wanted):
            raise SteeringError(keras_text.rate_out_of_range(HIGHEST_RATE))
        planned = before / self.factor if self._in_force else before
        if not planned:
            raise SteeringError(keras_text.NOTHING_TO_SCALE)
        self.factor = wanted / planned
        self._set(optimizer, planned)
        return wanted

    def before_step(self, optimizer: Any) -> None:
        """Put the factor on the planned rate, and on one that somebody has set since."""
        if not self.is_steered:
            return
        now = self.used(optimizer)
        if now is not None and not (self._in_force and now == self._written):
            self._set(optimizer, now)

    def after_steps(self, optimizer: Any) -> None:
        """Put the planned rate back.

        A rate that was changed since the last step is a multiple of the steered one, as
        `ReduceLROnPlateau` makes it.
        """
        if not self._in_force:
            return
        now = self.used(optimizer)
        assert now is not None
        optimizer.learning_rate = self._planned if now == self._written else now / self.factor
        self._in_force = False

    def _set(self, optimizer: Any, planned: float) -> None:
        self._planned, self._in_force = planned, True
        optimizer.learning_rate = planned * self.factor
        # As the optimizer holds it, in float32.
        self._written = self.used(optimizer) or 0.0


def refusal(optimizer: Any) -> str:
    """Why the rate of this optimizer cannot be steered; empty if it can."""
    if not hasattr(optimizer, "learning_rate"):
        return keras_text.NO_SINGLE_RATE
    # What `learning_rate` returns is then computed from the schedule, and cannot be set.
    config = optimizer.get_config().get("learning_rate")
    return keras_text.RATE_IS_A_SCHEDULE if isinstance(config, dict) else ""
