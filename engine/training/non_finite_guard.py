"""Losses that are not numbers: they are noticed, and the first is kept and told."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cnn_tui.non_finite import first_non_finite_layer, first_non_finite_weight
from engine import text
from engine.data.base.batch import Batch
from engine.devices import device as devices
from engine.distributed.ranks import World
from engine.protocol import events
from engine.training import training_text


class BrokenBatch(NamedTuple):
    """A batch (N, C, H, W) with labels (N,) whose loss was not a number, and where that began."""

    step: int
    layer: str
    images: Tensor
    labels: Tensor


class NonFiniteGuard:
    """Watches the losses of one model."""

    def __init__(self, model: nn.Module, device: torch.device, world: World) -> None:
        self._model, self._device, self._world = model, device, world
        # The first batch whose loss was not a number, where the device tells at once.
        self.broken: BrokenBatch | None = None
        self._told = False

    def breaks(self, loss: Tensor) -> bool:
        """Whether a loss is not a number, here or on another rank, if it costs nothing to know."""
        if not devices.tells_at_once(self._device):
            return False
        return not self._world.all(math.isfinite(loss.item()))

    def keep(self, batch: Batch, loss: Tensor, step: int) -> None:
        """The batch of the step of this number breaks: keep it, where it is the first."""
        if self.broken is None:
            found = None if math.isfinite(loss.item()) else self._found(batch, step)
            self.broken = next(part for part in self._world.gathered(found) if part is not None)

    def _found(self, batch: Batch, step: int) -> BrokenBatch:
        layer = first_non_finite_layer(self._model, batch.images)
        return BrokenBatch(step, layer, batch.images, batch.labels)

    @property
    def untold(self) -> bool:
        """Whether there is such a batch of which nothing was said yet."""
        return self.broken is not None and not self._told

    def alert(self, step: int) -> events.Alert | None:
        """That the mean loss up to this step is not a number, once."""
        if self._told:
            return None
        self._told = True
        if self.broken is not None:
            layer, step = self.broken.layer, self.broken.step
        else:
            layer = first_non_finite_weight(self._model)
        told = training_text.loss_not_finite(step, layer)
        return events.Alert("error", text.LOSS_BROKEN, told, {"layer": layer}, step=step)

    def forget(self) -> None:
        """The training has gone back to where all was well."""
        self.broken, self._told = None, False
