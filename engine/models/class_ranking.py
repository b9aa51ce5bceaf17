"""The one order of the classes of an image by their logits, for all that is counted or shown.

A class ranks before another if its logit is larger, or if the logits are equal and its number is
lower. A ReLU after the last layer, a dead network and bfloat16 make equal logits. A NaN counts as
minus infinity, so it comes last.
"""

from __future__ import annotations

import math

from torch import Tensor


class ClassRanking:
    """The order of the classes of each image, for logits (N, classes)."""

    def __init__(self, logits: Tensor) -> None:
        self._values = without_nan(logits.float())

    @property
    def predicted(self) -> Tensor:
        """The first class of each image, (N,)."""
        return self._values.argmax(1)  # among equal values, argmax takes the first

    def first(self, count: int) -> Tensor:
        """The first classes of each image in order, (N, at most `count`)."""
        return self._values.sort(dim=1, descending=True, stable=True).indices[:, :count]


def without_nan(values: Tensor) -> Tensor:
    """The values, with minus infinity for each NaN."""
    return values.nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)
