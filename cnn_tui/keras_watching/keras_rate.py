"""The learning rate of a Keras optimizer: what the next step uses, and how a person steers it.

A person's factor is on the optimizer only while steps are taken. Between epochs it has the planned
rate, which is what `LearningRateScheduler` and `ReduceLROnPlateau` read and set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from cnn_tui.keras_watching import keras_text
from cnn_tui.measured import rounded
from cnn_tui.watching import obeying_text
from cnn_tui.watching.rate_limits import check_asked, check_change
from cnn_tui.watching.refusal_error import RefusalError


class KerasRate:
    """The learning rate of the optimizer of one training; `optimizer` gives it."""

    def __init__(self, optimizer: Callable[[], Any]) -> None:
        self.factor = 1.0
        self._optimizer = optimizer
        self._planned = self._written = 0.0
        self._in_force = False

    @property
    def is_steered(self) -> bool:
        return self.factor != 1.0

    @property
    def refusal(self) -> str:
        """Why the rate cannot be steered; empty if it can."""
        optimizer = self._optimizer()
        if not hasattr(optimizer, "learning_rate"):
            return keras_text.NO_SINGLE_RATE
        # What `learning_rate` returns is then computed from the schedule, and cannot be set.
        config = optimizer.get_config().get("learning_rate")
        return keras_text.RATE_IS_A_SCHEDULE if isinstance(config, dict) else ""

    def used(self) -> float | None:
        """The rate of the next step; None where there are several optimizers, or none."""
        rate = getattr(self._optimizer(), "learning_rate", None)
        # With as many digits as it has: 0.001 is 0.0010000000474974513 in float32.
        return None if rate is None else rounded(float(keras.ops.convert_to_numpy(rate)))

    def rate(self) -> float:
        rate = self.used()
        assert rate is not None, "several optimizers are refused"
        return rate

    def steer(self, lr: float | None, scale: float | None, sure: bool = False) -> float:
        """Set or scale the rate from the next step on, and return it. Raises RefusalError."""
        if self.refusal:
            raise RefusalError(self.refusal)
        check_asked(lr, scale)
        before = self.rate()
        planned = self._planned if self._in_force else before
        wanted = (before if lr is None else lr) * (1.0 if scale is None else scale)
        if not planned:
            raise RefusalError(obeying_text.RATE_IS_ZERO)
        check_change(before, wanted, planned, sure)
        self.factor = wanted / planned
        self._set(planned)
        return wanted

    def before_step(self) -> None:
        """Put the factor on the planned rate, and on one that somebody has set since."""
        if not self.is_steered:
            return
        now = self.rate()
        if not (self._in_force and now == self._written):
            self._set(now)

    def after_steps(self) -> None:
        """Put the planned rate back.

        A rate that was changed since the last step is a multiple of the steered one, as
        `ReduceLROnPlateau` makes it.
        """
        if self._in_force:
            now = self.rate()
            self._write(self._planned if now == self._written else now / self.factor)
            self._in_force = False

    def _set(self, planned: float) -> None:
        self._planned, self._in_force = planned, True
        self._write(planned * self.factor)
        # As the optimizer holds it, in float32.
        self._written = self.rate()

    def _write(self, rate: float) -> None:
        self._optimizer().learning_rate = rate
