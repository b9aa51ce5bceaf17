"""Broadcasts the leader's orders, so that all ranks obey them after the same step.

The leader broadcasts about ten times a second, at steps that it has announced before. A broadcast
after every step would cost a tenth of the time of a short step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from engine.distributed.order_queue import OrderQueue
from engine.protocol.commands import Order

# About the time between two broadcasts, and the longest time that a paused run takes to obey.
BROADCAST_SECONDS = 0.1


class Message(NamedTuple):
    """The steps until the next message, whether a report is due, and the orders."""

    steps: int
    due: bool
    orders: list[Order]


# Gives every rank the message that the leader makes.
Broadcast: TypeAlias = Callable[[Callable[[], Message]], Message]


class OrderBroadcast:
    """One rank's end. All ranks must call its methods in the same order, except for `send`."""

    def __init__(
        self, broadcast: Broadcast, clock: Callable[[], float] = time.monotonic, *, leads: bool
    ) -> None:
        self._broadcast, self._clock, self._leads = broadcast, clock, leads
        # Orders that the leader has yet to broadcast, and orders that this rank has yet to obey.
        self._sent, self._received = OrderQueue(), OrderQueue()
        # Whether all ranks take the same steps, so that they can meet in a broadcast.
        self.in_step = False
        self._steps_left = self._interval = 1
        self._last = self._clock()

    def send(self, order: Order) -> None:
        """Have all ranks obey this order; only the leader's are sent."""
        if self._leads:
            self._sent.put(order)

    def next_order(self, *, wait: bool) -> Order | None:
        if self._leads and not self.in_step:
            return self._sent.get(None if wait else 0)
        while wait and self._received.empty():
            self._exchange(_nothing_due, BROADCAST_SECONDS)
        return self._received.get(0)

    def start(self) -> None:
        """Note that all ranks take the same steps from here on; measures the pace anew."""
        self.in_step = True
        self._steps_left = self._interval = 1
        self._last = self._clock()

    def after_step(self, is_due: Callable[[], bool] | None = None) -> bool:
        """Exchange orders at an announced step; returns whether the leader finds a report due."""
        self._steps_left -= 1
        return self._steps_left <= 0 and self._exchange(is_due or _nothing_due, 0)

    def _exchange(self, is_due: Callable[[], bool], seconds: float) -> bool:
        message = self._broadcast(
            lambda: Message(self._steps_to_next(), is_due(), self._sent.get_all(seconds))
        )
        self._steps_left = message.steps
        for order in message.orders:
            self._received.put(order)
        return message.due

    def _steps_to_next(self) -> int:
        """As many steps as fit between two broadcasts, at most twice as many as the last time."""
        now = self._clock()
        fitting = int(BROADCAST_SECONDS * self._interval / max(now - self._last, 1e-6))
        self._interval, self._last = max(1, min(fitting, 2 * self._interval)), now
        return self._interval


def _nothing_due() -> bool:
    return False
