"""A moving average of the weights, which often validates better than the weights themselves.

Polyak & Juditsky 1992; exponential, as in Szegedy et al. 2015.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class WeightEma:
    """A twin of a model whose weights and BN statistics are means over the past steps.

    After each step a share of 1 - decay of the new weights comes in. Early on, where the past is
    short, the decay is (1 + step) / (10 + step), as in TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay = decay
        self._means, self._values = _pairs(self.model, model, floating=True)
        self._counters, self._counts = _pairs(self.model, model, floating=False)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the model as it is after this many steps."""
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._means, self._values, 1 - decay)
        if self._counters:
            torch._foreach_copy_(self._counters, self._counts)


def _pairs(
    twin: nn.Module, model: nn.Module, *, floating: bool
) -> tuple[list[Tensor], list[Tensor]]:
    """Parameters and buffers of both, in the same order, of one kind of numbers."""
    pairs = zip(_tensors(twin), _tensors(model), strict=True)
    chosen = [(ours, theirs) for ours, theirs in pairs if ours.is_floating_point() == floating]
    return [ours for ours, _ in chosen], [theirs for _, theirs in chosen]


def _tensors(model: nn.Module) -> list[Tensor]:
    return [tensor.detach() for tensor in (*model.parameters(), *model.buffers())]
