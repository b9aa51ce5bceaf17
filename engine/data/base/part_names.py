"""The names of images that are published as arrays, without names of their own."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class PartNames:
    """Names such as `train/17`: a part of the data set, and the numbers (N,) of images in it.

    The numbers count from 0, as the part is published: an image keeps its name where others are
    held out or dropped.
    """

    part: str
    numbers: Tensor

    def at(self, index: int) -> str:
        return f"{self.part}/{int(self.numbers[index])}"

    def all(self) -> list[str]:
        return [f"{self.part}/{number}" for number in self.numbers.tolist()]

    def of(self, chosen: Tensor) -> PartNames:
        """The names of some images: a mask (N,) bool, or their indices (M,) int64."""
        return PartNames(self.part, self.numbers[chosen])
