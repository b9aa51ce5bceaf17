"""Copies batches to a GPU while it computes with earlier ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import TypeAlias, TypeVar

import torch
from torch import Tensor

Item = TypeVar("Item")
# The pixels, labels, indices and sighted indices of a `RawBatch`.
DecodedBatch: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]


def prefetch(
    items: Generator[Item, None, None], send: Callable[[Item], Callable[[], Item]]
) -> Generator[Item, None, None]:
    """The items in order, as they arrive; each is sent before the previous one is yielded."""
    arrival: Callable[[], Item] | None = None
    with contextlib.closing(items):
        for item in items:
            following = send(item)
            if arrival is not None:
                yield arrival()
            arrival = following
        if arrival is not None:
            yield arrival()


class CopyStream:
    """Sends tensors to a GPU on a separate CUDA stream, so that the copies run beside the training.

    See "CUDA semantics" in PyTorch's documentation: `non_blocking` needs pinned memory, and a
    stream that uses another stream's tensor must record it.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def send(self, tensors: DecodedBatch) -> Callable[[], DecodedBatch]:
        """Start to copy; returns a function that hands the copies to its caller's current stream.

        Neither waits for the GPU. The caller may overwrite the tensors at once.
        """
        pixels, labels, indices, sighted = (tensor.pin_memory() for tensor in tensors)
        with torch.cuda.stream(self._stream):
            copies = (
                pixels.to(self._device, non_blocking=True),
                labels.to(self._device, non_blocking=True),
                indices.to(self._device, non_blocking=True),
                sighted.to(self._device, non_blocking=True),
            )
        sent = self._stream.record_event()

        def arrived() -> DecodedBatch:
            current = torch.cuda.current_stream(self._device)
            current.wait_event(sent)
            for copy in copies:
                copy.record_stream(current)
            return copies

        return arrived
