"""Muon: momentum whose updates are orthogonal matrices.

Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks",
https://kellerjordan.github.io/posts/muon/.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from engine.training.eager_optimizers import EagerOptimizer

# Five applications of the quintic a x + b x³ + c x⁵ bring singular values near 1.
STEPS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
# Makes the entries of an update as large as Adam's, so that Adam's rates fit (Liu et al. 2025,
# "Muon is scalable for LLM training").
ADAM_RMS = 0.2


class Muon(EagerOptimizer):
    """For matrices and for convolution kernels, as matrices (outputs, inputs · height · width).

    Weight decay is decoupled, as in AdamW. The orthogonalisation computes in `dtype`.
    """

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        *,
        momentum: float,
        nesterov: bool,
        dtype: torch.dtype,
    ) -> None:
        self._momentum, self._nesterov, self._dtype = momentum, nesterov, dtype
        super().__init__(groups, {})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step on all parameters that have a gradient, without waiting for the device."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            for same_shape in _by_shape(weights):
                self._step(same_shape, group["lr"], group["weight_decay"])

    def _step(self, weights: list[Tensor], lr: float | Tensor, weight_decay: float) -> None:
        """Take a step on parameters of one shape, as one batch of matrices."""
        gradients = torch.stack([_gradient(weight) for weight in weights])
        means = [self._mean(weight) for weight in weights]
        torch._foreach_lerp_(means, list(gradients), 1 - self._momentum)
        updates = torch.stack(means)
        if self._nesterov:
            updates = torch.lerp(gradients, updates, self._momentum)
        rows, columns = updates.shape[1:]
        updates = orthogonal(updates.to(self._dtype)).to(gradients.dtype)
        updates *= lr * (ADAM_RMS * math.sqrt(max(rows, columns)))
        for weight, update in zip(weights, updates, strict=True):
            weight.mul_(1 - lr * weight_decay).sub_(update.view(weight.shape))

    def _mean(self, weight: Tensor) -> Tensor:
        """The mean of the past gradients of a weight, (outputs, rest)."""
        state = self.state[weight]
        if not state:
            state["mean"] = torch.zeros_like(_gradient(weight))
        mean: Tensor = state["mean"]
        return mean


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices (N, rows, columns) with singular values near 1, by Newton–Schulz iteration.

    The result has singular values from 0.7 to 1.2, which train as well as 1.
    """
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


def _gradient(weight: Tensor) -> Tensor:
    """The gradient of a weight as a matrix (outputs, rest)."""
    assert weight.grad is not None
    return weight.grad.flatten(1)


def _by_shape(weights: list[Tensor]) -> Iterator[list[Tensor]]:
    """The parameters grouped by shape, so that one launch computes the products of a group."""
    shapes: dict[torch.Size, list[Tensor]] = {}
    for weight in weights:
        shapes.setdefault(weight.shape, []).append(weight)
    yield from shapes.values()
