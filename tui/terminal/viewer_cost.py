"""The cost of the viewer itself: its share of a CPU core, and the bytes it sends to the terminal.

Measuring is cheap: it takes one subtraction every ten seconds and redraws a few cells.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from textual.app import App

WINDOW_SECONDS = 10.0
# Drawing the first frame and reading the journal are not part of the steady cost.
WARM_UP_SECONDS = 3.0


class ViewerCost(NamedTuple):
    """The `share` of one core (1.0 is a whole core), and the bytes per second."""

    share: float
    bytes_per_second: float


class Writer(Protocol):
    """Writes to the terminal, as Textual's driver does."""

    def write(self, data: str) -> None: ...


class CostMeter:
    """Counts the bytes that are written to a terminal from now on, and the CPU time."""

    def __init__(
        self,
        terminal: Writer,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock, self._cpu_clock = clock, cpu_clock
        self._write = terminal.write
        self._bytes = 0
        # At the start of the window: the time, the CPU time and the bytes so far.
        self._since, self._spent, self._written = clock(), cpu_clock(), 0
        self._warm_at: float | None = self._since + WARM_UP_SECONDS
        self._last: ViewerCost | None = None
        terminal.write = self._count  # type: ignore[method-assign]

    @classmethod
    def of(cls, terminal: Writer) -> CostMeter:
        """The meter of this terminal, made at the first call."""
        meter = getattr(terminal.write, "__self__", None)
        return meter if isinstance(meter, cls) else cls(terminal)

    def _count(self, data: str) -> None:
        self._bytes += len(data.encode(errors="replace"))
        self._write(data)

    def read(self) -> ViewerCost | None:
        """The cost over the last full window; None until there is one."""
        now = self._clock()
        if self._warm_at is not None:
            if now < self._warm_at:
                return None
            self._since, self._spent, self._written = now, self._cpu_clock(), self._bytes
            self._warm_at = None
        seconds = now - self._since
        if seconds >= WINDOW_SECONDS:
            spent, written = self._cpu_clock(), self._bytes
            share = (spent - self._spent) / seconds
            self._last = ViewerCost(share, (written - self._written) / seconds)
            self._since, self._spent, self._written = now, spent, written
        return self._last


def cost_of(app: App[object]) -> Callable[[], ViewerCost | None]:
    """A function that returns the cost of this app; without a terminal it returns None."""
    if app._driver is None or app.is_headless:
        return lambda: None
    return CostMeter.of(app._driver).read
