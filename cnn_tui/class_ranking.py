"""The one order of the classes of an image by their logits, for all that is counted or shown.

A class ranks before another if its logit is larger, or if the logits are equal and its number is
lower. A ReLU after the last layer, a dead network and bfloat16 make equal logits. A NaN counts as
minus infinity, so it comes last.

A pass over 1,000 logits takes as long as a hundredth of a small net. On a CPU, a look at the
results therefore saves passes; on a GPU all shapes are fixed, since a look would wait for it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from functools import cached_property

import torch
from torch import Tensor

# The number of logits that the caches of a core hold together with what is compared with them.
CACHED = 1 << 16


class ClassRanking:
    """The order of the classes of each image, for logits (N, classes)."""

    def __init__(self, logits: Tensor) -> None:
        self._logits = logits.detach().float()
        self._on_cpu = self._logits.device.type == "cpu"

    @cached_property
    def predicted(self) -> Tensor:
        """The first class of each image, (N,)."""
        if not self._on_cpu:
            return without_nan(self._logits).argmax(1)  # among equal values, it takes the first
        classes = _first_of_largest(self._logits)
        if bool(self._logits.gather(1, classes[:, None]).isnan().any()):
            classes = _first_of_largest(without_nan(self._logits))
        return classes

    def first(self, count: int) -> Tensor:
        """The first classes of each image in order, (N, at most `count`)."""
        ordered = without_nan(self._logits).sort(dim=1, descending=True, stable=True)
        return ordered.indices[:, :count]

    def among_first(self, labels: Tensor, count: int) -> Tensor:
        """Whether the label of each image is among its first `count` classes, (N,)."""
        if not self._on_cpu:
            return _place(self._logits, labels) < count
        found = self.predicted == labels
        rest = (~found).nonzero().flatten()
        if len(rest) > len(labels) // 2:  # to leave out the others takes as long as it saves
            return self._counted_among_first(labels, count)
        if len(rest):
            others = ClassRanking(self._logits.index_select(0, rest))
            found[rest] = others._counted_among_first(labels[rest], count)
        return found

    def _counted_among_first(self, labels: Tensor, count: int) -> Tensor:
        """The same on a CPU, by counting the classes that rank before each label."""
        value = self._logits.gather(1, labels[:, None])
        before = _where(torch.gt, self._logits, value).sum(1)
        for rows in self._open(before, value, count):
            before[rows] = _place(self._logits.index_select(0, rows), labels[rows])
        return before < count

    def _open(self, larger: Tensor, value: Tensor, count: int) -> Sequence[Tensor]:
        """The images for which equal logits, or a NaN, decide whether `value` is among the first.

        `larger` (N,) is the number of logits that are larger than `value` (N, 1). The images come
        in parts of which the caches hold the logits.
        """
        near = (larger < count).nonzero().flatten()
        logits, classes = self._logits.index_select(0, near), self._logits.shape[1]
        smaller = _where(torch.lt, logits, value[near]).sum(1)
        open_rows = near[smaller < classes - count]
        return torch.split(open_rows, max(1, CACHED // classes)) if len(open_rows) else ()


def without_nan(values: Tensor) -> Tensor:
    """The values, with minus infinity for each NaN."""
    return values.nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)


def _first_of_largest(values: Tensor) -> Tensor:
    """The lowest index of the largest value of each row on a CPU, where NaN counts as the largest.

    NumPy takes one pass; torch's `argmax` takes twenty times as long.
    """
    if not _has_numpy():
        return values.argmax(1)
    return torch.from_numpy(values.numpy().argmax(axis=1))


@functools.cache
def _has_numpy() -> bool:
    """Whether there is a NumPy that fits this torch: one for NumPy 1 cannot use NumPy 2."""
    try:
        torch.empty(0).numpy()
    except RuntimeError:
        return False
    return True


def _place(logits: Tensor, labels: Tensor) -> Tensor:
    """How many classes rank before the label of each image, (N,)."""
    values, own = without_nan(logits), labels[:, None]
    value = values.gather(1, own)
    # Floats compare four times as fast as integers on a CPU; they are exact to 2^24.
    numbers = torch.arange(logits.shape[1], dtype=torch.float32, device=logits.device)
    before = _where(torch.gt, values, value)
    before.addcmul_(_where(torch.eq, values, value), _where(torch.lt, numbers[None], own.float()))
    return before.sum(1)


def _where(comparison: Callable[..., Tensor], left: Tensor, right: Tensor) -> Tensor:
    """1.0 where the comparison holds: a CPU makes and sums it faster than True."""
    shape = len(right), left.shape[1]
    return comparison(left, right, out=torch.empty(shape, device=left.device))
