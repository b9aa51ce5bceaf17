"""Recognises by its values an activation function after the logits, where none belongs."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

Ending: TypeAlias = Literal["softmax", "sigmoid", "relu"]

# The sum of a softmax is off from 1 by less than this.
SUM_TOLERANCE, SUM_TOLERANCE_BFLOAT16 = 1e-3, 1e-2
# Fewer values may look like the output of an activation function by chance.
FEWEST_VALUES = 16
# The least share of zeros after a ReLU.
ZEROS = 0.1
# Before it has learnt, the mean of a sigmoid is in this range. So it may be for the logits of a few
# classes by chance, ...
SIGMOID_MEAN, FEWEST_CLASSES = (0.4, 0.6), 5
# ... and afterwards its values come this close to 0 and 1.
SIGMOID_REACH = 0.1


def measured_range(logits: Tensor) -> Tensor:
    """What `ending` needs to know of logits (N, classes), as (7,) float32 on their device.

    These are the number of values and of classes, the lowest and highest value, their mean, the
    share of zeros, and the largest distance of the sum of a row from 1 as a share of what is
    tolerated.
    """
    values = logits.detach().float()
    low, high = values.aminmax()
    zeros = (values == 0).float().mean()
    tolerated = SUM_TOLERANCE_BFLOAT16 if logits.dtype == torch.bfloat16 else SUM_TOLERANCE
    from_one = (values.sum(1) - 1).abs().max() / tolerated
    count, classes = torch.full_like(low, values.numel()), torch.full_like(low, values.shape[1])
    return torch.stack((count, classes, low, high, values.mean(), zeros, from_one))


def ending(measured: Tensor) -> Ending | None:
    """The activation function that the logits went through; None if there is no sign of one.

    A log-softmax is None: another one does not change its values.
    """
    count, classes, low, high, mean, zeros, from_one = measured.tolist()
    if count < FEWEST_VALUES or not low >= 0:
        return None
    if from_one < 1:
        return "softmax"
    if zeros >= ZEROS and high > 0:
        return "relu"
    reaches = low < SIGMOID_REACH and high > 1 - SIGMOID_REACH
    centred = classes >= FEWEST_CLASSES and SIGMOID_MEAN[0] < mean < SIGMOID_MEAN[1]
    if low > 0 and high < 1 and (reaches or centred):
        return "sigmoid"
    return None
