"""What the viewer itself costs: its share of a processor core, and what it sends to the terminal.

One look every ten seconds is one subtraction, and it changes a few cells.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from textual.app import App

WINDOW_SECONDS = 10.0
# The first frame and the reading of the journal are not what it costs to go on.
WARM_UP_SECONDS = 3.0


class Cost(NamedTuple):
    """The share of a core (1.0 is all of it) and bytes a second."""

    share: float
    bytes_per_second: float


class Terminal(Protocol):
    """What writes to the terminal: Textual's driver."""

    def write(self, data: str) -> None: ...


class CostMeter:
    """Counts what goes through the `write` of a terminal from now on."""

    def __init__(
        self,
        terminal: Terminal,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock, self._processor = clock, processor
        self._write = terminal.write
        self._bytes = 0
        self._since, self._spent, self._written = clock(), processor(), 0
        self._warm_at: float | None = self._since + WARM_UP_SECONDS
        self._last: Cost | None = None
        terminal.write = self._count  # type: ignore[method-assign]

    @classmethod
    def of(cls, terminal: Terminal) -> CostMeter:
        """The meter of this terminal, which has one at most."""
        there = getattr(terminal.write, "__self__", None)
        return there if isinstance(there, cls) else cls(terminal)

    def _count(self, data: str) -> None:
        self._bytes += len(data.encode(errors="replace"))
        self._write(data)

    def read(self) -> Cost | None:
        """The cost over the last window that is full; None before there is one."""
        now = self._clock()
        if self._warm_at is not None:
            if now < self._warm_at:
                return None
            self._since, self._spent, self._written = now, self._processor(), self._bytes
            self._warm_at = None
        seconds = now - self._since
        if seconds >= WINDOW_SECONDS:
            spent, written = self._processor(), self._bytes
            share = (spent - self._spent) / seconds
            self._last = Cost(share, (written - self._written) / seconds)
            self._since, self._spent, self._written = now, spent, written
        return self._last


def cost_of(app: App[object]) -> Callable[[], Cost | None]:
    """What tells the cost of this app; without a terminal it costs nothing to speak of."""
    if app._driver is None or app.is_headless:
        return lambda: None
    return CostMeter.of(app._driver).read
