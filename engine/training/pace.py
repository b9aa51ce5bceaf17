"""How often a training reports, and what time it spent in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

SECONDS = {"steps": 0.5, "maps": 10.0, "health": 5.0}
# After the first hour all of these come this much more seldom, so that a week's journal stays
# readable.
HOUR = 3600.0
SELDOM = 10


class Pace:
    """When a report is due: at most so often, and more seldom after the first hour."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._last = dict.fromkeys(SECONDS, self._began)

    def due(self, what: str) -> bool:
        """Whether enough time has passed since the last one; if so, this one counts."""
        now = self._clock()
        seldom = SELDOM if now - self._began > HOUR else 1
        if now - self._last[what] < SECONDS[what] * seldom:
            return False
        self._last[what] = now
        return True

    def reset(self, what: str) -> None:
        self._last[what] = self._clock()


class Spent(NamedTuple):
    """Seconds of training, and how many of them went by in waiting for images."""

    seconds: float
    waited: float


class Window(NamedTuple):
    """The steps that a report is about: the last of them, its epoch, and the time they took."""

    step: int
    epoch: int
    spent: Spent
