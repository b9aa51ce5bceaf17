"""Loading in tests: a generator run to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from torch import Tensor

from engine.data.dataset import Images, Split

T = TypeVar("T")


def finished(loading: Generator[float, None, T]) -> tuple[list[float], T]:
    """The fractions that were yielded, and what came of it."""
    fractions = []
    while True:
        try:
            fractions.append(next(loading))
        except StopIteration as end:
            result: T = end.value
            return fractions, result


def pixels(images: Split) -> Tensor:
    """The pixels (N, C, H, W) of images that are in memory."""
    assert isinstance(images, Images)
    return images.pixels
