"""Reads tensors from a device without stopping it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class Readback:
    """Copies of tensors on their way from the device to the host.

    On CUDA the copies go into pinned memory, and an event marks when they are complete; before
    that event their values are garbage. On a CPU they are complete at once.
    """

    def __init__(self, device: torch.device, tensors: Sequence[Tensor]) -> None:
        self._event: Any = None
        if device.type != "cuda":
            self._host = [tensor.detach().clone() for tensor in tensors]
            return
        self._host = [torch.empty_like(t, device="cpu", pin_memory=True) for t in tensors]
        for host, tensor in zip(self._host, tensors):
            host.copy_(tensor.detach(), non_blocking=True)
        self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        self._event.record(torch.cuda.current_stream(device))

    def ready(self) -> bool:
        return self._event is None or bool(self._event.query())

    def wait(self) -> list[Tensor]:
        """The tensors on the host; waits for the device where the copies are not complete."""
        if self._event is not None:
            self._event.synchronize()
        return self._host
