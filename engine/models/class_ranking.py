"""The one order of the classes of an image by their logits, for all that is counted or shown.

A class ranks before another if its logit is larger, or if the logits are equal and its number is
lower. A ReLU after the last layer, a dead network and bfloat16 make equal logits. A NaN counts as
minus infinity, so it comes last.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


class ClassRanking:
    """The order of the classes of each image, for logits (N, classes)."""

    def __init__(self, logits: Tensor) -> None:
        self._values = logits.float().nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)

    @property
    def predicted(self) -> Tensor:
        """The first class of each image, (N,)."""
        return self._values.argmax(1)  # among equal values, argmax takes the first

    def ranks(self, labels: Tensor) -> Tensor:
        """The number of classes that rank before the label of each image, (N,).

        A label is among the first k classes if fewer than k rank before it.
        """
        own = labels[:, None]
        value = self._values.gather(1, own)
        lower = torch.arange(self._values.shape[1], device=labels.device) < own
        before = (self._values > value) | ((self._values == value) & lower)
        # On a CPU, the sum of booleans takes six times as long as that of the same bytes.
        return before.view(torch.uint8).sum(1, dtype=torch.int32)

    def first(self, count: int) -> Tensor:
        """The first classes of each image in order, (N, at most `count`)."""
        return self._values.sort(dim=1, descending=True, stable=True).indices[:, :count]
