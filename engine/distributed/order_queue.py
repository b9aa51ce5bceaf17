"""A queue of orders that a signal handler may put into."""

from __future__ import annotations

import queue

from engine.protocol.commands import Order


class OrderQueue:
    """Orders, first in, first out."""

    def __init__(self) -> None:
        # A SimpleQueue is reentrant, so a signal handler may use it.
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    def put(self, order: Order) -> None:
        self._orders.put(order)

    def get(self, seconds: float | None) -> Order | None:
        """The next order, or None after waiting this long; `seconds` None waits without end."""
        try:
            return self._orders.get_nowait() if seconds == 0 else self._orders.get(timeout=seconds)
        except queue.Empty:
            return None

    def get_all(self, seconds: float) -> list[Order]:
        """All waiting orders; waits this long for the first one."""
        found: list[Order] = []
        order = self.get(seconds)
        while order is not None:
            found.append(order)
            order = self.get(0)
        return found

    def empty(self) -> bool:
        return self._orders.empty()
