"""One of several processes that train a run together, as PyTorch's torchrun starts them.

Each rank trains on its part of every batch, and the gradients are averaged. All ranks receive the
leader's orders after the same step. Loads torch on first use.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from engine.distributed import rank_text
from engine.distributed.order_broadcast import OrderBroadcast
from engine.distributed.rank import Rank
from engine.protocol.commands import Order

if TYPE_CHECKING:
    from torch import Tensor, nn

T = TypeVar("T")

# The longest time that ranks wait for each other, which includes the download of the data.
TIMEOUT = timedelta(hours=2)
# The key of torchrun's store under which a rank that fails leaves its sentence.
FAILURE = "failure"


class TorchrunRank(Rank):
    """One rank of several. All must call the same methods in the same order, except for `send`."""

    alone = False

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        super().__init__()
        self.number, self.count = int(environment["RANK"]), int(environment["WORLD_SIZE"])
        self.count_here = int(environment["LOCAL_WORLD_SIZE"])
        self._number_here = int(environment["LOCAL_RANK"])
        self.first_here = self._number_here == 0
        self._broadcasts = OrderBroadcast(self.broadcast, leads=self.leads)
        self._store: Any = None

    # Orders

    @property
    def in_step(self) -> bool:
        return self._broadcasts.in_step

    def send(self, order: Order) -> None:
        self._broadcasts.send(order)

    def next_order(self, *, wait: bool) -> Order | None:
        return self._broadcasts.next_order(wait=wait)

    def start_steps(self) -> None:
        self._broadcasts.start()

    def report_is_due(self, is_due: Callable[[], bool]) -> bool:
        return self._broadcasts.after_step(is_due)

    def receive_orders(self) -> None:
        self._broadcasts.after_step()

    # Tensors and values

    def join(self, device: str) -> str:
        """Raises the errors of torch.distributed where the other ranks do not connect."""
        import torch
        from torch import distributed
        from torch.distributed.rendezvous import rendezvous

        on_gpu = device != "cpu" and torch.cuda.is_available()
        if on_gpu and self._number_here < torch.cuda.device_count():
            torch.cuda.set_device(self._number_here)
        # Values and small sums travel between the CPUs, so they do not wait for the GPUs.
        backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
        self._store, rank, size = next(rendezvous("env://", timeout=TIMEOUT))
        distributed.init_process_group(
            backend, timeout=TIMEOUT, store=self._store, rank=rank, world_size=size
        )
        return f"cuda:{self._number_here}" if on_gpu else device

    def data_parallel(self, model: nn.Module, *, freezes: bool) -> nn.Module:
        from torch.nn.parallel import DistributedDataParallel

        self.broadcast_buffers(model)
        with warnings.catch_warnings():
            # PyTorch 2.14 has renamed the option; older versions know only the old name.
            warnings.simplefilter("ignore", FutureWarning)
            return DistributedDataParallel(
                model,
                # Evaluations broadcast the statistics, since only they use them.
                broadcast_buffers=False,
                gradient_as_bucket_view=True,
                find_unused_parameters=freezes,
            )

    def unshared(self, model: nn.Module) -> AbstractContextManager[object]:
        passes: AbstractContextManager[object] = model.no_sync()  # type: ignore[operator]
        return passes

    def broadcast_buffers(self, model: nn.Module) -> None:
        from torch import distributed

        for buffer in model.buffers():
            distributed.broadcast(buffer, 0)

    def broadcast(self, make: Callable[[], T]) -> T:
        from torch import distributed

        values = [make() if self.leads else None]
        distributed.broadcast_object_list(values, 0)
        value: T = values[0]  # type: ignore[assignment]
        return value

    def gather(self, value: T) -> list[T]:
        from torch import distributed

        found: list[T | None] = [None] * self.count
        distributed.all_gather_object(found, value)
        values: list[T] = found  # type: ignore[assignment]
        return values

    def sum(self, values: Tensor) -> Tensor:
        from torch import distributed

        total = values.clone()
        distributed.all_reduce(total)
        return total

    def largest(self, values: Tensor) -> Tensor:
        from torch import distributed

        found = values.clone()
        distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return found

    def all(self, holds: bool) -> bool:
        import torch

        return float(self.sum(torch.tensor(float(not holds)))) == 0

    # The end of a rank

    def report_failure(self, sentence: str) -> None:
        with contextlib.suppress(Exception):  # not connected yet, or torchrun has ended too
            self._store.set(FAILURE, sentence)

    def failure(self) -> str:
        with contextlib.suppress(Exception):  # as above
            if self._store.check([FAILURE]):
                return str(self._store.get(FAILURE).decode())
        return ""

    def explain_lost_rank(self, error: BaseException) -> str:
        from torch import distributed

        if not isinstance(error, distributed.DistError) and "gloo" not in str(error):
            return ""
        return self.failure() or rank_text.RANK_LOST


def this_rank(environment: Mapping[str, str] = os.environ) -> Rank:
    """The rank that torchrun's environment variables name; without them, a process alone."""
    return TorchrunRank(environment) if "TORCHELASTIC_RUN_ID" in environment else Rank()
