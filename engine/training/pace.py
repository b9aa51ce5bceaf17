"""How often a training reports."""

from __future__ import annotations

from collections.abc import Callable

SECONDS = {"steps": 0.5, "maps": 10.0, "health": 5.0}
# All reports are this much rarer after the first hour, so that a week's journal stays readable.
HOUR = 3600.0
RARER = 10


class Pace:
    """Says when a report of a kind is due, by the time since the last one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._last = dict.fromkeys(SECONDS, self._began)

    def due(self, what: str) -> bool:
        """Whether enough time has passed since the last one; if so, this one counts as the last."""
        now = self._clock()
        rarer = RARER if now - self._began > HOUR else 1
        if now - self._last[what] < SECONDS[what] * rarer:
            return False
        self._last[what] = now
        return True

    def reset(self, what: str) -> None:
        self._last[what] = self._clock()
