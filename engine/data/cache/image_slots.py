"""The slots of some images in a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.data.cache.image_stamps import Numbers
from engine.data.cache.image_store import ImageStore
from engine.data.decoding.making import Kept


class ImageSlots(NamedTuple):
    """A store that keeps N images, or is to keep them, and the `numbers` (N,) of their slots."""

    store: ImageStore
    numbers: Numbers

    def part(self, start: int, end: int) -> ImageSlots:
        """Those of the images from `start` on, and before `end`."""
        return self._replace(numbers=self.numbers[start:end])

    def kept(self, indices: Sequence[int] | slice) -> Kept:
        """Where whoever makes the pixels of the images with these indices finds them."""
        return Kept(self.store, self.numbers[indices].tolist())
