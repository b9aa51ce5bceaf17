"""Takes back what a step has changed that ran out of memory before it updated the weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.devices import device as devices


class StepRewind:
    """Remembers the BN statistics of a model, and the random state, from before the current step.

    That takes a copy in one launch for each type of number, and waits for nothing.
    """

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self._device = device
        by_type: dict[torch.dtype, list[Tensor]] = {}
        for buffer in model.buffers():
            by_type.setdefault(buffer.dtype, []).append(buffer.detach())
        self._kept = [(same, [each.clone() for each in same]) for same in by_type.values()]
        # The random state before the step; None where nothing is remembered.
        self._random: dict[str, Tensor] | None = None

    @torch.no_grad()
    def remember(self) -> None:
        """Call it before a step."""
        for buffers, copies in self._kept:
            torch._foreach_copy_(copies, buffers)
        self._random = devices.random_state(self._device)

    def forget(self) -> None:
        """Call it after a step."""
        self._random = None

    @torch.no_grad()
    def take_back(self) -> bool:
        """Restore what is remembered; returns whether anything is."""
        if self._random is None:
            return False
        for buffers, copies in self._kept:
            torch._foreach_copy_(buffers, copies)
        devices.set_random_state(self._device, self._random)
        self.forget()
        return True
