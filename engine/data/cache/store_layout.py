"""Where things lie in the folder of a store."""

from __future__ import annotations

import math
import mmap
import os
from dataclasses import dataclass

from engine.data.cache.slot_records import RECORD_BYTES
from engine.data.decoding.canvas import most_bytes
from engine.data.decoding.image_format import ImageFormat

HEADER, LOCK, PIXELS, INDEX, STAMPS = "header.json", "lock", "pixels", "index", "stamps"
# Tries whether the file system has holes, while a store is made.
TRIAL = "trial"
# The index begins with the number of the error that ended writing, in a page of its own.
HEAD_BYTES = mmap.PAGESIZE
STAMP_BYTES = 32
# Linux counts the blocks of a file in these, whatever the file system has.
BLOCK = 512


@dataclass(frozen=True)
class StoreLayout:
    """A store of `count` slots in a folder, which may take `room` bytes of the disk.

    With a canvas in the format, a slot holds (h, w, C), and no two slots share a page of the disk.
    Without one, all slots hold (C, size, size) and lie side by side.
    """

    folder: str
    count: int
    image_format: ImageFormat
    room: int

    @property
    def slot_bytes(self) -> int:
        image_format = self.image_format
        if not image_format.canvas:
            return math.prod(image_format.shape)
        return _whole_pages(most_bytes(image_format.canvas, image_format.channels))

    @property
    def slot_pixels(self) -> int:
        """The most pixels that a slot may hold."""
        return self.slot_bytes // self.image_format.channels

    @property
    def pixel_bytes(self) -> int:
        """The size of the file of pixels, most of which are holes at first."""
        return self.count * self.slot_bytes

    @property
    def likely_bytes(self) -> int:
        """What all images take on the disk, if they are of 4:3 and large."""
        image_format = self.image_format
        if not image_format.canvas:
            return self.pixel_bytes
        return self.count * _whole_pages(image_format.canvas**2 * 4 // 3 * image_format.channels)

    def fitting(self, there: int, taken: int) -> int:
        """About how many images will be kept, of which `there` take so many bytes now."""
        each = (taken if there else self.likely_bytes) / (there or self.count)
        left = self.room - taken - self.slot_bytes
        return there if left < 0 else min(self.count, there + 1 + int(left / max(each, 1)))

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def record_at(self, number: int) -> int:
        """Where the record of a slot is in the index."""
        return HEAD_BYTES + number * RECORD_BYTES


def _whole_pages(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
