"""Means over the steps of a script, read from the device without waiting for it."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from cnn_tui.readback import Readback
from cnn_tui.watching.held_logits import HeldLogits
from cnn_tui.watching.held_number import HeldNumber


class Kind(NamedTuple):
    """What is summed: the loss, hits, the learning rate, or a scalar of the script by its name."""

    what: str
    name: str = ""


LOSS, TOP1, RATE = Kind("loss"), Kind("top1"), Kind("lr")


class Sum(NamedTuple):
    """The sum of so many numbers."""

    total: float = 0.0
    numbers: float = 0

    def plus(self, other: Sum) -> Sum:
        return Sum(self.total + other.total, self.numbers + other.numbers)


Sums = dict[Kind, Sum]


def scalar(name: str) -> Kind:
    return Kind("scalar", name)


def add_sums(sums: Sums, others: Sums) -> None:
    """Add others to these sums, in place."""
    for kind, other in others.items():
        sums[kind] = sums.get(kind, Sum()).plus(other)


class Reading:
    """Sums on their way from the device."""

    def __init__(self, sums: Sums, on_device: dict[Kind, Tensor]) -> None:
        """`on_device` are to be added to `sums`: a total (), or a total and its numbers (2,)."""
        self._sums = sums
        self._copies = []
        for device in {tensor.device for tensor in on_device.values()}:
            kinds = [kind for kind, tensor in on_device.items() if tensor.device == device]
            parts = [on_device[kind].reshape(-1) for kind in kinds]
            sizes = [len(part) for part in parts]
            self._copies.append((kinds, sizes, Readback(device, [torch.cat(parts)])))

    def ready(self) -> bool:
        return all(copy.ready() for _, _, copy in self._copies)

    def wait(self) -> Sums:
        """The sums; waits for the device where they have not arrived."""
        sums = dict(self._sums)
        for kinds, sizes, copy in self._copies:
            values = iter(copy.wait()[0].tolist())
            arrived = [Sum(*islice(values, size)) for size in sizes]
            add_sums(sums, dict(zip(kinds, arrived)))
        return sums


class StepMeans:
    """Collects what the steps report; nothing here waits for a device."""

    def __init__(self) -> None:
        self._numbers: dict[Kind, HeldNumber] = {}
        self.logits = HeldLogits()

    def add(self, kind: Kind, value: object) -> bool:
        """Add a number of a kind. Returns whether it was one."""
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = HeldNumber()
        return number.add(value)

    def start_reading(self) -> Reading:
        """Start to copy the sums since the last reading to the host, and begin new ones."""
        sums, on_device = {}, {}
        for kind, number in self._numbers.items():
            total, count, tensor = number.take()
            if count:
                sums[kind] = Sum(total, count)
            if tensor is not None:
                on_device[kind] = tensor
        counts = self.logits.take()
        if counts is not None:
            on_device[TOP1] = counts
        return Reading(sums, on_device)
