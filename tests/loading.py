"""Running the generators of loading and evaluation to their end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from torch import Tensor

from engine.data.base.dataset import Images, Split

T = TypeVar("T")
Y = TypeVar("Y")


def run_to_end(work: Generator[Y, None, T]) -> tuple[list[Y], T]:
    """All values that a generator yields, such as the fractions loaded, and its result."""
    yielded = []
    while True:
        try:
            yielded.append(next(work))
        except StopIteration as end:
            result: T = end.value
            return yielded, result


def pixels(images: Split) -> Tensor:
    """The pixels (N, C, H, W) of images that are in memory."""
    assert isinstance(images, Images)
    return images.pixels
