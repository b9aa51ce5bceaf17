"""The memory that decoding processes share with the trainer. Loads no torch."""

from __future__ import annotations

import math
import mmap
import os
from multiprocessing import reduction
from typing import Any

import numpy as np

from engine import text
from engine.data import data_text
from engine.data.decoding.image_format import ImageFormat, Pixels, Shares
from engine.errors import DataError


class CannotStartError(DataError):
    """The system refuses what the processes need: memory, /dev/shm, a socket, a descriptor."""


class SharedMemory:
    """Shared bytes outside any file system, so that /dev/shm need not be large.

    The last process that maps them frees them. A pickle can pass them only to a process that is
    just starting.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.memory = mmap.mmap(descriptor, 0)

    @classmethod
    def zeroed(cls, size: int) -> SharedMemory:
        """Raises CannotStartError where there is not enough memory."""
        try:
            descriptor = os.memfd_create("images")
            os.ftruncate(descriptor, size)
            return cls(descriptor)
        except OSError as error:
            why = text.reason(error)
            raise CannotStartError(data_text.no_shared_memory(size, why)) from error

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (reduction.DupFd(self._descriptor),)

    def close(self) -> None:
        """Close the descriptor; the memory is freed when nothing maps it any more."""
        os.close(self._descriptor)


def _reopen(duplicate: Any) -> SharedMemory:
    return SharedMemory(duplicate.detach())


class DecodeBuffer:
    """The shared memory that decoders write to.

    `pixels` is (slots, batch, C, H, W); `views` has those of smaller images. `wanted` (slots,) is
    false for slots whose images are no longer needed. `decoding` (slots, batch) has the pid of the
    process that decodes an image at the moment, else 0. `outside` is the share of an image's values
    outside the levels: (slots, batch), or (slots, 0) without levels.
    """

    def __init__(
        self, shared: SharedMemory, slots: int, batch: int, image_format: ImageFormat
    ) -> None:
        self._shared, self._slots, self._batch = shared, slots, batch
        self.image_format = image_format
        count, memory = slots * batch, shared.memory
        self.decoding = np.frombuffer(memory, np.int32, count).reshape(slots, batch)
        at = self.decoding.nbytes
        shares = count if image_format.rendering.levels else 0
        self.outside: Shares = np.frombuffer(memory, np.float32, shares, at).reshape(slots, -1)
        pixels = np.frombuffer(memory, np.uint8, offset=at + self.outside.nbytes)
        self.pixels: Pixels = pixels[:-slots].reshape(slots, batch, *image_format.shape)
        self.wanted = pixels[-slots:].view(np.bool_)

    @classmethod
    def zeroed(cls, slots: int, batch: int, image_format: ImageFormat) -> DecodeBuffer:
        numbers = np.dtype(np.int32).itemsize
        if image_format.rendering.levels:
            numbers += np.dtype(np.float32).itemsize
        size = slots * (batch * (math.prod(image_format.shape) + numbers) + 1)
        return cls(SharedMemory.zeroed(size), slots, batch, image_format)

    def __reduce__(self) -> tuple[Any, ...]:
        return DecodeBuffer, (self._shared, self._slots, self._batch, self.image_format)

    def views(self, slot: int, side: int) -> Pixels:
        """The pixels (batch, C, side, side) of a slot; `side` is at most that of the format."""
        shape = self._batch, self.image_format.channels, side, side
        values: Pixels = self.pixels[slot].reshape(-1)
        return values[: math.prod(shape)].reshape(shape)

    def close(self) -> None:
        self._shared.close()
