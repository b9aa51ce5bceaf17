"""The records of a store: which slots hold an image, and what they hold."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

# A slot is empty, or written, or also safe from a power cut.
EMPTY, WRITTEN, SAFE = 0, 1, 2
# height, width, width and height of the image, share outside the levels, state, check, nothing
_FORM = struct.Struct("<4If3I")
RECORD_BYTES = _FORM.size
WORDS = RECORD_BYTES // 4
OUTSIDE, STATE, CHECK = 4, 5, 6
# Odd numbers, so that each bit of a word counts (Steele and Vigna, and Knuth's golden ratio).
_FACTORS = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0xD6E8FEB9
_LAST_32 = 0xFFFFFFFF

Records: TypeAlias = npt.NDArray[np.uint32]


class Record(NamedTuple):
    """What a slot holds: a canvas of `height` × `width` pixels of an image (`size`)."""

    height: int
    width: int
    size: tuple[int, int]
    outside: float

    def packed(self) -> bytes:
        """Its bytes, as those of a slot that is written."""
        begun = _FORM.pack(self.height, self.width, *self.size, self.outside, WRITTEN, 0, 0)
        words = struct.unpack(f"<{WORDS}I", begun)
        return begun[: 4 * CHECK] + struct.pack("<2I", _check(words), 0)


def unpacked(content: bytes) -> Record | None:
    """The record; None for an empty slot, and where a process was killed while it wrote it."""
    if len(content) != RECORD_BYTES:
        return None
    words = struct.unpack(f"<{WORDS}I", content)
    if words[STATE] == EMPTY or words[CHECK] != _check(words) or 0 in words[:OUTSIDE]:
        return None
    height, width, image_width, image_height, outside, *_ = _FORM.unpack(content)
    return Record(height, width, (image_width, image_height), outside)


def written(records: Records) -> npt.NDArray[np.bool_]:
    """Which of the records (N, 8) stand for images: (N,)."""
    columns = list(records.T.astype(np.uint64))
    whole: npt.NDArray[np.bool_] = (records[:, STATE] != EMPTY) & (
        columns[CHECK] == _check(columns)
    )
    return whole & records[:, :OUTSIDE].all(axis=1)


def too_large(records: Records, most: int) -> npt.NDArray[np.bool_]:
    """Which of the records (N, 8) stand for more pixels than so many: (N,)."""
    found: npt.NDArray[np.bool_] = np.prod(records[:, :2], axis=1, dtype=np.uint64) > most
    return found


def of_squares(side: int, outside: npt.NDArray[np.float32]) -> Records:
    """The records (N, 8) of written slots that hold squares of this side."""
    records = np.zeros((len(outside), WORDS), np.uint32)
    records[:, :OUTSIDE] = side
    records[:, OUTSIDE] = outside.astype(np.float32).view(np.uint32)
    records[:, STATE] = WRITTEN
    records[:, CHECK] = _check(list(records.T.astype(np.uint64)))
    return records


def made_safe(records: Records) -> Records:
    """Records (N, 8) of images as those of ones that a power cut leaves."""
    safe = records.copy()
    safe[:, STATE] = SAFE
    safe[:, CHECK] = _check(list(safe.T.astype(np.uint64)))
    return safe


def _check(words: Any) -> Any:
    """A sum over the six words before it: whole numbers, or columns of them."""
    found = words[0] * 0
    for word, factor in zip(words, _FACTORS, strict=False):
        found = (found ^ (word * factor)) & _LAST_32
    return found
