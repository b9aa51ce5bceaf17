"""The first classes of each image in the order of `ClassRanking`, quickly for many classes.

A full comparison of 10,000 classes takes as long as a small net. Here, only a few blocks of classes
are compared: a block whose largest logit ranks behind those of `count` other blocks holds none of
the first `count` classes. All shapes are fixed, and a GPU is not waited for.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.models.class_ranking import without_nan

# Wider blocks leave more classes to compare; narrower ones more blocks to sort.
BLOCK = 64
# With fewer classes than this many times those that are left, to compare all is as quick.
MANY = 4


class LeadingClasses:
    """The first `count` classes of each image, for logits (N, classes)."""

    def __init__(self, logits: Tensor, count: int, block: int = BLOCK) -> None:
        self._logits, self._count = logits.float(), count
        # Floats compare four times as fast as integers on a CPU; they are exact to 2^24.
        self._numbers = torch.arange(logits.shape[1], dtype=torch.float32, device=logits.device)
        self._values = self._logits
        if logits.shape[1] >= MANY * count * block:
            self._narrow(block)
        self._values = without_nan(self._values)

    def _narrow(self, block: int) -> None:
        """Leave the blocks of classes that hold the first classes, and those after the blocks."""
        blocks = self._logits.unfold(1, block, block)
        peaks = blocks.amax(2)
        # On a CPU, to look is quicker than to replace; on a GPU, a look would wait for it.
        if peaks.device.type != "cpu" or bool(peaks.isnan().any()):
            peaks = without_nan(self._logits).unfold(1, block, block).amax(2)
        chosen = _first(peaks, self._count)
        images = torch.arange(len(peaks), device=peaks.device)[:, None]
        rest = peaks.shape[1] * block
        numbers = (chosen[:, :, None] * block + self._numbers[:block]).flatten(1)
        last = self._numbers[rest:].expand(len(peaks), -1)
        self._values = torch.cat((blocks[images, chosen].flatten(1), self._logits[:, rest:]), dim=1)
        self._numbers = torch.cat((numbers, last), dim=1)

    @property
    def predicted(self) -> Tensor:
        """The first class of each image, (N,)."""
        # The lowest number of those with the largest logit; `argmax` takes twice as long on a CPU.
        classes = self._logits.shape[1]
        largest = self._where(torch.eq, self._values, self._values.amax(1, keepdim=True))
        return classes - largest.mul_(classes - self._numbers).amax(1).long()

    def contain(self, labels: Tensor) -> Tensor:
        """Whether the label of each image is among its first classes, (N,)."""
        own = labels[:, None]
        value = without_nan(self._logits.gather(1, own))
        before = self._where(torch.gt, self._values, value)
        ties = self._where(torch.eq, self._values, value)
        before.addcmul_(ties, self._where(torch.lt, self._numbers, own.float()))
        return before.sum(1) < self._count

    def _where(self, comparison: Callable[..., Tensor], left: Tensor, right: Tensor) -> Tensor:
        """1.0 for the classes for which the comparison holds, which is summed faster than True."""
        return comparison(left, right, out=torch.empty_like(self._values))


def _first(peaks: Tensor, count: int) -> Tensor:
    """The numbers of the blocks that rank first by their largest logits, in ascending order."""
    bits = (peaks + 0.0).view(torch.int32)  # the sum makes a zero of a negative zero
    ordered = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).long()
    # `topk` may choose any of equal values, and a stable sort takes four times as long.
    keys = (ordered << 32) - torch.arange(peaks.shape[1], device=peaks.device)
    return keys.topk(count, dim=1, sorted=False).indices.sort(1).values
