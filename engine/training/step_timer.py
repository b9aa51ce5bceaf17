"""The time that training steps take, apart from pauses, saves and evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Spent(NamedTuple):
    """Seconds of training steps, and how many of these they waited for their images."""

    seconds: float
    waited: float


class StepTimer:
    """Times each step from its start to its stop; sums up epochs and reports."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = self._waited = 0.0
        self.epoch_seconds = 0.0
        self._spent = Spent(0.0, 0.0)

    def start(self) -> None:
        """A step begins, and waits for its images."""
        self._started = self._clock()

    def images_arrived(self) -> None:
        self._waited = self._clock() - self._started

    def stop(self) -> None:
        seconds = self._clock() - self._started
        self.epoch_seconds += seconds
        self._spent = Spent(self._spent.seconds + seconds, self._spent.waited + self._waited)

    def take(self) -> Spent:
        """The time since this was last asked."""
        spent, self._spent = self._spent, Spent(0.0, 0.0)
        return spent
