"""How far the launches of steps may run ahead of a GPU."""

from __future__ import annotations

from collections import deque
from typing import Any

import torch


class Backlog:
    """The steps that were launched on a GPU and are not finished.

    They are few, so that a pause or a save waits for few. A CPU has none.
    """

    STEPS = 4

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._ends: deque[Any] = deque()
        if device.type == "cuda":
            # Blocking events put the thread to sleep; others keep a core busy.
            events = (torch.cuda.Event(blocking=True) for _ in range(self.STEPS))  # type: ignore[no-untyped-call]
            self._ends.extend(events)

    def add(self) -> None:
        """Note that a step was launched; wait until all but the last few are finished."""
        if self._ends:
            self._ends[0].synchronize()
            self._ends[0].record(torch.cuda.current_stream(self._device))
            self._ends.rotate(-1)
