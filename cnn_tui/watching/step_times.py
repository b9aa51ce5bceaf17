"""The time that the steps of a script take, apart from pauses and evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class StepTime(NamedTuple):
    """Seconds of steps, the part of them spent waiting for batches, and the images of the steps."""

    seconds: float = 0.0
    waited: float = 0.0
    images: int = 0

    def plus(self, other: StepTime) -> StepTime:
        return StepTime(
            self.seconds + other.seconds, self.waited + other.waited, self.images + other.images
        )


class StepTimes:
    """Times steps of which only the ends are told.

    A step begins where the one before ends, or where `begin` is called. One that has begun nobody
    knows when does not count.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began: float | None = None
        # Of the step in progress.
        self._waited, self._images = 0.0, 0
        self._ended = 0.0
        # Of the steps since the last call of `take`; plain numbers, which are fast to add to.
        self._sum_seconds, self._sum_waited, self._sum_images = 0.0, 0.0, 0
        self._epoch = StepTime()

    def begin(self) -> None:
        """A step begins."""
        self._began, self._waited, self._images = self._clock(), 0.0, 0

    def interrupt(self) -> None:
        """What follows belongs to no step."""
        self._began = None

    def skip(self, seconds: float) -> None:
        """The last seconds belonged to no step."""
        if self._began is not None:
            self._began += seconds
        self._ended += seconds

    def arrived(self, images: int, waited: float) -> None:
        """A batch of so many images arrived, after a wait in seconds; a step may have several."""
        self._images += images
        self._waited += waited

    def end(self, now: float) -> None:
        """A step ends."""
        if self._began is not None:
            self._sum_seconds += now - self._began
            self._sum_waited += self._waited
            self._sum_images += self._images
        self._began = self._ended = now
        self._waited, self._images = 0.0, 0

    def since_last_step(self) -> float:
        """Seconds since the last step ended."""
        return self._clock() - self._ended

    def take(self) -> StepTime:
        """The time of the steps since the last call."""
        taken = StepTime(self._sum_seconds, self._sum_waited, self._sum_images)
        self._sum_seconds, self._sum_waited, self._sum_images = 0.0, 0.0, 0
        self._epoch = self._epoch.plus(taken)
        return taken

    def take_epoch(self) -> StepTime:
        """The time of the steps of the epoch that ends."""
        self.take()
        taken, self._epoch = self._epoch, StepTime()
        return taken
