"""Limits how many steps may be launched before a GPU has finished them."""

from __future__ import annotations

from collections import deque
from typing import Any

import torch


class Backlog:
    """The steps that were launched on a GPU and are not finished.

    There are at most a few, so that a pause or a save does not wait long. A CPU has none.
    """

    STEPS = 4

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._ends: deque[Any] = deque()
        if device.type == "cuda":
            # A blocking event puts the waiting thread to sleep; another one keeps a core busy.
            events = (torch.cuda.Event(blocking=True) for _ in range(self.STEPS))  # type: ignore[no-untyped-call]
            self._ends.extend(events)

    def add(self) -> None:
        """Note that a step was launched; wait until all but the last few are finished."""
        if self._ends:
            self._ends[0].synchronize()
            self._ends[0].record(torch.cuda.current_stream(self._device))
            self._ends.rotate(-1)
