"""Loading and evaluating in tests: a generator run to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from torch import Tensor

from engine.data.base.dataset import Images, Split

T = TypeVar("T")
Y = TypeVar("Y")


def finished(work: Generator[Y, None, T]) -> tuple[list[Y], T]:
    """What was yielded, as fractions of what is loaded, and what came of it."""
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
