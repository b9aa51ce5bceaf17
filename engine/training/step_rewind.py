"""Takes back what a step has changed that ran out of memory before it updated the weights."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn

from engine.devices import device as devices


class StepRewind:
    """Remembers the BN statistics of a model, and the random state, from before the current step.

    That takes a copy in one launch for each type of number, and waits for nothing. The memory for
    it is taken at the first step that is remembered.
    """

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self._model, self._device = model, device
        # The random state before the step; None where nothing is remembered.
        self._random: dict[str, Tensor] | None = None

    @torch.no_grad()
    def remember(self) -> None:
        """Call it before a step."""
        for buffers, copies in self._statistics:
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
        for buffers, copies in self._statistics:
            torch._foreach_copy_(buffers, copies)
        devices.set_random_state(self._device, self._random)
        self.forget()
        return True

    @cached_property
    def _statistics(self) -> list[tuple[list[Tensor], list[Tensor]]]:
        """The buffers of each type of number, and room for their copies."""
        by_type: dict[torch.dtype, list[Tensor]] = {}
        for buffer in self._model.buffers():
            by_type.setdefault(buffer.dtype, []).append(buffer.detach())
        return [(same, [torch.empty_like(each) for each in same]) for same in by_type.values()]
