"""Reads a few images of a split at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from engine.data.base.dataset import ShownImage, Split
from engine.data.reading.decoded_images import THREADS


def readable(split: Split, indices: Sequence[int]) -> list[ShownImage]:
    """The images with these indices, in order, but those that cannot be read."""
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(split.readable, indices)
        return [image for image in found if image is not None]
