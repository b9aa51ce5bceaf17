"""How often a training reports."""

from __future__ import annotations

from collections.abc import Callable

INTERVAL_SECONDS = {"steps": 0.5, "maps": 10.0, "health": 5.0}
# After the first hour reports are rarer by this factor, so that a week's journal stays readable.
HOUR = 3600.0
RARER = 10


class Pace:
    """Tells when a report of a kind is due, by the time since the last one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._last = dict.fromkeys(INTERVAL_SECONDS, self._began)

    def is_due(self, kind: str) -> bool:
        """Whether enough time has passed since the last one; if so, this one counts as the last."""
        now = self._clock()
        rarer = RARER if now - self._began > HOUR else 1
        if now - self._last[kind] < INTERVAL_SECONDS[kind] * rarer:
            return False
        self._last[kind] = now
        return True

    def reset(self, kind: str) -> None:
        self._last[kind] = self._clock()
