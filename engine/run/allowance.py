"""How many bytes may be written in a while."""

from __future__ import annotations

from collections.abc import Callable

from engine.protocol import events
from engine.protocol.events import Event


class Allowance:
    """Bytes that may be written: `burst` at first, and `rate` more per second, up to `burst`.

    The last event may go beyond it; the next one waits until that is made up for.
    """

    def __init__(self, clock: Callable[[], float], burst: float, rate: float) -> None:
        self._clock, self._burst, self._rate = clock, burst, rate
        self._left, self._as_of = burst, clock()

    def left(self) -> float:
        """The share of the burst that is left; negative if more was written."""
        now = self._clock()
        self._left = min(self._burst, self._left + self._rate * (now - self._as_of))
        self._as_of = now
        return self._left / self._burst

    def spend(self, event: Event) -> None:
        self._left -= len(events.encode(event))
