"""How often a run is saved besides at every epoch's end."""

from __future__ import annotations

from collections.abc import Callable

SECONDS = {"s": 1, "m": 60, "h": 3600}


class Interval:
    """Tells when a save is due: `said` is as in a recipe, `30s`, `10m`, `500steps`, or nothing."""

    def __init__(self, said: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._step = -1
        self._steps = int(said.removesuffix("steps")) if said.endswith("steps") else 0
        timed = said if said and not self._steps else ""
        self._seconds = int(timed[:-1]) * SECONDS[timed[-1]] if timed else 0

    def due(self, step: int) -> bool:
        """Whether to save after this many steps; if so, this one counts."""
        if step == self._step:
            return False
        self._step = step
        if self._steps:
            return step > 0 and step % self._steps == 0
        if not self._seconds or self._clock() - self._began < self._seconds:
            return False
        self._began = self._clock()
        return True
