"""Losses that are not finite: they are noticed, and the first is kept and reported."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cnn_tui.non_finite import first_non_finite_layer, first_non_finite_weight
from engine.data.base.batch import Batch
from engine.devices import device as devices
from engine.distributed.rank import Rank
from engine.protocol import events
from engine.training import training_text


class BrokenBatch(NamedTuple):
    """A batch (N, C, H, W) with labels (N,) whose loss was not finite, and the layer to blame."""

    step: int
    layer: str
    images: Tensor
    labels: Tensor


class NonFiniteGuard:
    """Guards the weights of one model from losses that are not finite."""

    def __init__(self, model: nn.Module, device: torch.device, rank: Rank) -> None:
        self._model, self._device, self._rank = model, device, rank
        # The first batch whose loss was not finite, on a device where that is free to know.
        self.broken: BrokenBatch | None = None
        self._reported = False

    def is_broken(self, loss: Tensor) -> bool:
        """Whether a loss is not finite, here or on another rank.

        Always false on a GPU, where it would wait for the device.
        """
        if not devices.reads_are_free(self._device):
            return False
        return not self._rank.all(math.isfinite(loss.item()))

    def keep(self, batch: Batch, loss: Tensor, step: int) -> None:
        """Keep the broken batch of the step of this number, where it is the first."""
        if self.broken is None:
            found = None if math.isfinite(loss.item()) else self._found(batch, step)
            self.broken = next(part for part in self._rank.gather(found) if part is not None)

    def _found(self, batch: Batch, step: int) -> BrokenBatch:
        layer = first_non_finite_layer(self._model, batch.images)
        return BrokenBatch(step, layer, batch.images, batch.labels)

    @property
    def unreported(self) -> bool:
        """Whether there is such a batch and no alert was given yet."""
        return self.broken is not None and not self._reported

    def alert(self, step: int) -> events.Alert | None:
        """The alert that the mean loss up to this step is not finite; given once."""
        if self._reported:
            return None
        self._reported = True
        if self.broken is not None:
            layer, step = self.broken.layer, self.broken.step
        else:
            layer = first_non_finite_weight(self._model)
        said = training_text.loss_not_finite(step, layer)
        return events.Alert("error", events.NON_FINITE_LOSS, said, {"layer": layer}, step=step)

    def forget(self) -> None:
        """The training has gone back to a step where all was well."""
        self.broken, self._reported = None, False
