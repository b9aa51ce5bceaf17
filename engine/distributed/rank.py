"""One process of a run: alone, or one of several; see `torchrun_rank`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

from engine.distributed.batch_share import BatchShare
from engine.distributed.order_queue import OrderQueue
from engine.protocol.commands import Order

if TYPE_CHECKING:
    from torch import Tensor, nn

T = TypeVar("T")


class Rank:
    """A process that trains alone: it leads, and neither shares batches nor waits for other ranks.

    Rank 0 leads: it holds the lock, writes journal and checkpoints, and receives the commands.
    """

    # The number of this rank, from 0; the number of ranks, in all and on this machine.
    number, count, count_here = 0, 1, 1
    # Whether no other process shares the training, and whether it is the first on its machine.
    alone = first_here = True

    def __init__(self) -> None:
        self._orders = OrderQueue()

    @property
    def leads(self) -> bool:
        return self.number == 0

    @property
    def share(self) -> BatchShare:
        """Its part of every batch."""
        return BatchShare(self.number, self.count)

    @property
    def in_step(self) -> bool:
        """Whether all ranks take the same steps."""
        return True

    # Orders

    def send(self, order: Order) -> None:
        """Have all ranks obey this order after the same step; only the leader's are sent."""
        self._orders.put(order)

    def next_order(self, *, wait: bool) -> Order | None:
        """The next order to obey; None where there is none and `wait` is false."""
        return self._orders.get(None if wait else 0)

    def start_steps(self) -> None:
        """Note that all ranks take the same steps from here on."""

    def report_is_due(self, is_due: Callable[[], bool]) -> bool:
        """Receive orders after a training step; returns whether the leader finds a report due."""
        return is_due()

    def receive_orders(self) -> None:
        """Receive the leader's orders after an evaluation batch."""

    # Tensors and values

    def join(self, device: str) -> str:
        """Connect to the other ranks; returns the name of this rank's device."""
        return device

    def data_parallel(self, model: nn.Module, *, freezes: bool) -> nn.Module:
        """The model with the leader's weights; its gradients are means over all ranks.

        `freezes` says that some weights have no gradients in some epochs.
        """
        return model

    def unshared(self, model: nn.Module) -> AbstractContextManager[object]:
        """Passes of a `data_parallel` model that only add to the gradients of this rank.

        The first backward pass after them shares all that were added.
        """
        return contextlib.nullcontext()

    def broadcast_buffers(self, model: nn.Module) -> None:
        """Take over the leader's BN statistics; each rank computes its own from its part alone."""

    def broadcast(self, make: Callable[[], T]) -> T:
        """The value that the leader makes; the other ranks do not call `make`."""
        return make()

    def gather(self, value: T) -> list[T]:
        """The values of all ranks, by their numbers."""
        return [value]

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all ranks."""
        return values

    def largest(self, values: Tensor) -> Tensor:
        """The largest value on any rank, element by element."""
        return values

    def all(self, holds: bool) -> bool:
        """Whether it holds on every rank."""
        return holds

    # The end of a rank

    def report_failure(self, sentence: str) -> None:
        """Tell the leader why this rank ends."""

    def failure(self) -> str:
        """The sentence of another rank that has failed; else empty."""
        return ""

    def explain_lost_rank(self, error: BaseException) -> str:
        """The sentence for an error that means that another rank has ended; else empty."""
        return ""
