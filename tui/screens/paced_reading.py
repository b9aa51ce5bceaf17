"""Reads again and again, at a pace that leaves the machine to others."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

# A rest is so many times as long as the reading before it, if that is more than the least rest.
REST = 20


class PacedReading:
    """Calls `read` in a thread of a widget, and again after a rest of `least` seconds or more.

    While `wanted` says no, it is not called.
    """

    def __init__(
        self,
        widget: Widget,
        read: Callable[[], None],
        least: float,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._widget, self._read, self._least, self._wanted = widget, read, least, wanted
        self._rest: Timer | None = None
        self._goes_on = self._again = False

    def now(self) -> None:
        """Read at once, unless a reading goes on."""
        if self._goes_on or not self._widget.is_attached:
            return
        if self._rest is not None:
            self._rest.stop()
        if self._wanted():
            self._goes_on = True
            self._widget.run_worker(self._work, thread=True, group="read")
        else:
            self._take_rest(0.0)

    def anew(self) -> None:
        """Read what has just changed: after a reading that goes on, since it may have missed it."""
        self._again = self._goes_on
        self.now()

    def _work(self) -> None:
        began = time.monotonic()
        self._read()
        self._widget.app.call_from_thread(self._end, time.monotonic() - began)

    def _end(self, took: float) -> None:
        again, self._goes_on, self._again = self._again, False, False
        if again:
            self.now()
        else:
            self._take_rest(took)

    def _take_rest(self, took: float) -> None:
        self._rest = self._widget.set_timer(max(self._least, REST * took), self.now)
