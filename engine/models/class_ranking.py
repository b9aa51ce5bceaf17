"""The one order of the classes of an image by their logits, for all that is counted or shown.

A class ranks before another if its logit is larger, or if the logits are equal and its number is
lower. A ReLU after the last layer, a dead network and bfloat16 make equal logits. A NaN counts as
minus infinity, so it comes last.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def predicted(logits: Tensor) -> Tensor:
    """The first class of each image, (N,), for logits (N, classes)."""
    return _comparable(logits).argmax(1)  # among equal values, argmax takes the first


def ranks(logits: Tensor, labels: Tensor) -> Tensor:
    """The number of classes that rank before the label of each image, (N,).

    A label is among the first k classes if fewer than k rank before it.
    """
    values, own = _comparable(logits), labels[:, None]
    value = values.gather(1, own)
    lower = torch.arange(values.shape[1], device=values.device) < own
    return ((values > value) | ((values == value) & lower)).sum(1)


def first(logits: Tensor, count: int) -> Tensor:
    """The first classes of each image in order, (N, at most `count`)."""
    return _comparable(logits).sort(dim=1, descending=True, stable=True).indices[:, :count]


def _comparable(logits: Tensor) -> Tensor:
    return logits.float().nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)
