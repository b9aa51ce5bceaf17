"""The exponential moving average (EMA) of the weights: it often validates better than they do.

Polyak & Juditsky 1992; exponential, as in Szegedy et al. 2015.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnn_tui.independent_copy import evaluating_copy


class WeightEma:
    """A copy of a model whose weights and BN statistics are averages over the past steps.

    Each step mixes in a share of 1 - decay of the new weights. In the first steps the decay is
    (1 + step) / (10 + step), as in TensorFlow's ExponentialMovingAverage.
    """

    # PyTorch's AveragedModel would not be shorter, since it needs code for the growing decay and
    # for the counters of BN. Its first update copies the weights, which would change the results.

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = evaluating_copy(model)
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)  # TorchScript has no requires_grad_ of its own
        self._decay = decay
        self._means, self._values = _pairs(self.model, model, floating=True)
        self._counters, self._counts = _pairs(self.model, model, floating=False)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Mix in the weights of the model after step number `step`."""
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._means, self._values, 1 - decay)
        if self._counters:
            torch._foreach_copy_(self._counters, self._counts)


def _pairs(
    average: nn.Module, model: nn.Module, *, floating: bool
) -> tuple[list[Tensor], list[Tensor]]:
    """Parameters and buffers of both models, in one order: floating-point ones, or the others."""
    pairs = zip(_tensors(average), _tensors(model), strict=True)
    chosen = [(mean, value) for mean, value in pairs if mean.is_floating_point() == floating]
    return [mean for mean, _ in chosen], [value for _, value in chosen]


def _tensors(model: nn.Module) -> list[Tensor]:
    return [tensor.detach() for tensor in (*model.parameters(), *model.buffers())]
