"""Tells what a start cost, by phase, once the first training step is reported."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

from engine.process import process_text
from engine.protocol import events
from engine.protocol.events import Event
from engine.run import lock_owner


def process_start() -> float:
    """When this process started, on the clock of `time.monotonic`; now, if that is unknown.

    The command line and the engine that replaces it are one process. See proc_pid_stat(5): the
    start is in clock ticks since the boot.
    """
    now = time.monotonic()
    started = lock_owner.start_of(os.getpid())
    if started is None:
        return now
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")
    return now - max(0.0, age)


class StartCost:
    """Times the phases of one attempt, from `began` on, by the events that it emits."""

    def __init__(self, clock: Callable[[], float], began: float) -> None:
        self._clock, self._began, self._entered = clock, began, began
        self._phase = process_text.PYTHON
        self._seconds: dict[str, float] = {}
        self._told = False

    def alerts(self, event: Event) -> Iterator[Event]:
        """The alert on the start, with the first report of a step."""
        if self._told:
            return
        if isinstance(event, events.Phase):
            self._enter(process_text.start_phase(event.name, event.note))
        elif isinstance(event, events.Steps):
            self._told = True
            self._enter("")
            total = self._entered - self._began
            costs = {name: round(seconds, 3) for name, seconds in self._seconds.items()}
            sentence = process_text.start_cost(total, costs)
            yield events.Alert("info", events.START_COST, sentence, {**costs}, step=event.step)

    def _enter(self, phase: str) -> None:
        now = self._clock()
        self._seconds[self._phase] = self._seconds.get(self._phase, 0.0) + now - self._entered
        self._phase, self._entered = phase, now
