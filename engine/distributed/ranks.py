"""The processes that train one run together, as PyTorch's torchrun starts them.

Each trains on its part of every batch, and their gradients are averaged. Rank 0 leads: it has the
lock, the journal, the checkpoints and the commands. What a rank cannot know for itself it is told
by rank 0, at the same step as all others. Loads torch on first use.
"""

from __future__ import annotations

import contextlib
import os
import queue
import time
import warnings
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from engine.distributed import rank_text
from engine.distributed.batch_share import BatchShare
from engine.protocol.commands import Order

if TYPE_CHECKING:
    from torch import Tensor, nn

T = TypeVar("T")

# Between two words of rank 0, about; also how soon a paused run hears one.
WORD_SECONDS = 0.1
# The longest that ranks wait for each other: while the first of them downloads the data.
PATIENCE = timedelta(hours=2)
COMPLAINT = "complaint"


class World:
    """One process that trains alone: nobody to share with, to tell or to wait for."""

    rank, size, neighbours = 0, 1, 1
    # Whether nobody shares the training, it is the first on its machine, and all are in step.
    alone = first_here = together = True

    def __init__(self) -> None:
        # A SimpleQueue may be put to from a signal handler: it is reentrant.
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    @property
    def leads(self) -> bool:
        """Whether it has the lock, the journal and the checkpoints."""
        return self.rank == 0

    @property
    def part(self) -> BatchShare:
        """Its part of every batch."""
        return BatchShare(self.rank, self.size)

    def put(self, order: Order) -> None:
        """Have this obeyed by all ranks; what others than the leader put is not heard."""
        self._orders.put(order)

    def take(self, *, wait: bool) -> Order | None:
        """The next order; None where there is none and it was not to be waited for."""
        return _next(self._orders, None if wait else 0)

    def agreed(self, due: Callable[[], bool]) -> bool:
        """After each step and evaluation batch: whether something is due, by the leader's clock."""
        return due()

    def anew(self) -> None:
        """From here on all ranks take the same steps, whose pace may be another than before's."""

    def join(self, device: str) -> str:
        """Meet the others; returns the name of the device that is this one's own."""
        return device

    def network(self, model: nn.Module, *, freezes: bool) -> nn.Module:
        """The model with the leader's weights, whose gradients are means over all ranks."""
        return model

    def align(self, model: nn.Module) -> None:
        """Take over the leader's BN statistics; those of others were only of their own part."""

    def told(self, make: Callable[[], T]) -> T:
        """What the leader makes; the others make nothing."""
        return make()

    def gathered(self, value: T) -> list[T]:
        """The values of all ranks, in their order."""
        return [value]

    def summed(self, values: Tensor) -> Tensor:
        """The sum over all ranks."""
        return values

    def all(self, holds: bool) -> bool:
        """Whether it holds on every rank."""
        return holds

    def complain(self, sentence: str) -> None:
        """Leave word of why this rank ends, for the leader."""

    def lost(self, error: Exception) -> str:
        """The sentence for an error that only says that another rank is gone; else nothing."""
        return ""


class Message(NamedTuple):
    """What the leader tells all ranks: after how many steps it speaks again, and what to do."""

    after: int
    due: bool
    orders: list[Order]


class Ranks(World):
    """One of several processes. All must call the same methods in the same order.

    The leader speaks at steps that it has told before, about ten times a second: asking for its
    word at every step would cost a short step a tenth of its time.
    """

    alone = False

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        super().__init__()
        self.rank, self.size = int(environment["RANK"]), int(environment["WORLD_SIZE"])
        self.neighbours = int(environment["LOCAL_WORLD_SIZE"])
        self._place = int(environment["LOCAL_RANK"])
        self.first_here = self._place == 0
        # What the leader has heard and not yet told.
        self._heard: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self.together = False
        self._left = self._stride = 1
        self._spoke = time.monotonic()
        self._store: Any = None

    # Orders, and other things that are the leader's to say

    def put(self, order: Order) -> None:
        if self.leads:
            self._heard.put(order)

    def take(self, *, wait: bool) -> Order | None:
        if self.leads and not self.together:
            return _next(self._heard, None if wait else 0)
        while wait and self._orders.empty():
            self._hear(lambda: False, WORD_SECONDS)
        return _next(self._orders, 0)

    def agreed(self, due: Callable[[], bool]) -> bool:
        self._left -= 1
        return self._left <= 0 and self._hear(due, 0)

    def anew(self) -> None:
        self.together = True
        self._left = self._stride = 1
        self._spoke = time.monotonic()

    def _hear(self, due: Callable[[], bool], wait: float) -> bool:
        word = self.told(lambda: Message(self._until_next(), due(), self._all_heard(wait)))
        self._left = word.after
        for order in word.orders:
            self._orders.put(order)
        return word.due

    def _until_next(self) -> int:
        """As many steps as are taken in a tenth of a second; at most twice those of the last."""
        now = time.monotonic()
        fits = int(WORD_SECONDS * self._stride / max(now - self._spoke, 1e-6))
        self._stride, self._spoke = max(1, min(fits, 2 * self._stride)), now
        return self._stride

    def _all_heard(self, wait: float) -> list[Order]:
        found, order = [], _next(self._heard, wait)
        while order is not None:
            found.append(order)
            order = _next(self._heard, 0)
        return found

    # Tensors and values

    def join(self, device: str) -> str:
        """Raises what torch.distributed raises where the others do not come."""
        import torch
        from torch import distributed
        from torch.distributed.rendezvous import rendezvous

        on_gpu = device != "cpu" and torch.cuda.is_available()
        if on_gpu and self._place < torch.cuda.device_count():
            torch.cuda.set_device(self._place)
        # Values and small sums travel between processors, whatever the GPUs are at.
        backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
        self._store, rank, size = next(rendezvous("env://", timeout=PATIENCE))
        distributed.init_process_group(
            backend, timeout=PATIENCE, store=self._store, rank=rank, world_size=size
        )
        return f"cuda:{self._place}" if on_gpu else device

    def network(self, model: nn.Module, *, freezes: bool) -> nn.Module:
        """DistributedDataParallel; a trunk that `freezes` has no gradients for some epochs."""
        from torch.nn.parallel import DistributedDataParallel

        self.align(model)
        with warnings.catch_warnings():
            # The option has a new name since PyTorch 2.14, which older ones do not know.
            warnings.simplefilter("ignore", FutureWarning)
            return DistributedDataParallel(
                model,
                # After this, statistics are taken over where they are looked at: in evaluations.
                broadcast_buffers=False,
                gradient_as_bucket_view=True,
                find_unused_parameters=freezes,
            )

    def align(self, model: nn.Module) -> None:
        from torch import distributed

        for buffer in model.buffers():
            distributed.broadcast(buffer, 0)

    def told(self, make: Callable[[], T]) -> T:
        from torch import distributed

        values = [make() if self.leads else None]
        distributed.broadcast_object_list(values, 0)
        value: T = values[0]  # type: ignore[assignment]
        return value

    def gathered(self, value: T) -> list[T]:
        from torch import distributed

        found: list[T | None] = [None] * self.size
        distributed.all_gather_object(found, value)
        values: list[T] = found  # type: ignore[assignment]
        return values

    def summed(self, values: Tensor) -> Tensor:
        from torch import distributed

        total = values.clone()
        distributed.all_reduce(total)
        return total

    def all(self, holds: bool) -> bool:
        import torch

        return float(self.summed(torch.tensor(float(not holds)))) == 0

    # The end of another rank

    def complain(self, sentence: str) -> None:
        with contextlib.suppress(Exception):  # before they have met, or when torchrun is gone too
            self._store.set(COMPLAINT, sentence)

    def lost(self, error: Exception) -> str:
        from torch import distributed

        if not isinstance(error, distributed.DistError) and "gloo" not in str(error):
            return ""
        with contextlib.suppress(Exception):
            if self._store.check([COMPLAINT]):
                return str(self._store.get(COMPLAINT).decode())
        return rank_text.RANK_LOST


def world(environment: Mapping[str, str] = os.environ) -> World:
    """As torchrun has put it into the environment; else one process alone."""
    return Ranks(environment) if "TORCHELASTIC_RUN_ID" in environment else World()


def _next(orders: queue.SimpleQueue[Order], wait: float | None) -> Order | None:
    """The next order, waiting so many seconds at most, or, None, for ever."""
    try:
        return orders.get(timeout=wait) if wait != 0 else orders.get_nowait()
    except queue.Empty:
        return None
