"""The interval between saves within an epoch."""

from __future__ import annotations

from collections.abc import Callable

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}


class SaveInterval:
    """Tells when a save is due. An interval is `30s`, `10m`, `500steps`, or empty for never."""

    def __init__(self, interval: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._step = -1
        in_steps = interval.endswith("steps")
        self._steps = int(interval.removesuffix("steps")) if in_steps else 0
        timed = "" if in_steps else interval
        self._seconds = int(timed[:-1]) * UNIT_SECONDS[timed[-1]] if timed else 0

    def is_due(self, step: int) -> bool:
        """Whether to save after this many steps; if so, this save counts as the last.

        Some numbers of steps may be left out, since several steps may be one launch.
        """
        if step == self._step:
            return False
        before, self._step = self._step, step
        if self._steps:
            return before >= 0 and step // self._steps > before // self._steps
        if not self._seconds or self._clock() - self._began < self._seconds:
            return False
        self._began = self._clock()
        return True
