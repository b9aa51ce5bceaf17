"""The time that training steps take, apart from pauses, saves and evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class StepTime(NamedTuple):
    """Seconds of training steps, and the part of them spent waiting for images."""

    seconds: float
    waited: float


class StepTimer:
    """Times each step from its start to its stop; sums up epochs and reports."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = self._waited = 0.0
        self.epoch_seconds = 0.0
        self._time = StepTime(0.0, 0.0)

    def start(self) -> None:
        """Start a step, which waits for its images."""
        self._started = self._clock()

    def images_arrived(self) -> None:
        self._waited = self._clock() - self._started

    def stop(self) -> None:
        seconds = self._clock() - self._started
        self.epoch_seconds += seconds
        self._time = StepTime(self._time.seconds + seconds, self._time.waited + self._waited)

    def take(self) -> StepTime:
        """The time of the steps since the last call."""
        time, self._time = self._time, StepTime(0.0, 0.0)
        return time
