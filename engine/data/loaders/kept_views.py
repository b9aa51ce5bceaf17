"""Keeps what is evaluated again and again in the memory of the machine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator

from engine.data.base.dataset import StoredImages, bytes_of
from engine.data.loaders.prefetch import DecodedBatch


class KeptViews:
    """The decoded batches of one split, from the first whole pass over it on, where they fit.

    They stay beside a GPU, since training images that grow will need its memory later. `room` gives
    the bytes that they may take, those of all ranks together.
    """

    def __init__(self, images: StoredImages, room: Callable[[], float]) -> None:
        self.images, self._room = images, room
        self._size, self._batches = 0, list[DecodedBatch]()

    def batches(
        self, size: int, decoded: Generator[DecodedBatch, None, None]
    ) -> Generator[DecodedBatch, None, None]:
        """The batches of up to `size` images of all ranks; takes them from `decoded` if it must."""
        if size == self._size:
            yield from self._batches
        elif bytes_of(len(self.images), self.images.shape) > self._room():
            yield from decoded
        else:
            yield from self._keep(size, decoded)

    def _keep(
        self, size: int, decoded: Generator[DecodedBatch, None, None]
    ) -> Generator[DecodedBatch, None, None]:
        kept = list[DecodedBatch]()
        with contextlib.closing(decoded):
            for pixels, labels, indices, sighted in decoded:
                # Others will overwrite the pixels.
                kept.append((pixels.clone(), labels, indices, sighted))
                yield kept[-1]
        self._size, self._batches = size, kept
