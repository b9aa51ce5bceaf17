"""A row of an array of images that lies in a file, mapped into memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine import regular_files
from engine.data.stored import stored_text

WHITE = 255
# How many arrays stay mapped in a process.
MOST_MAPPED = 64


class ArrayFile(NamedTuple):
    """An array in a file from `offset` on, or one field of its records."""

    path: str
    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    order: Literal["C", "F"] = "C"
    field: str = ""

    def values(self) -> npt.NDArray[Any]:
        """The array, of which only what is used is read. Raises OSError and ValueError."""
        return _mapped(self)


@lru_cache(MOST_MAPPED)
def _mapped(file: ArrayFile) -> npt.NDArray[Any]:
    with regular_files.open_to_read(Path(file.path)) as opened:
        mapped = np.memmap(opened, file.dtype, "r", file.offset, file.shape, file.order)
    return mapped[file.field] if file.field else mapped


def forget() -> None:
    """Map each file anew when it is read next: another one may be there now."""
    _mapped.cache_clear()


class PixelRows(NamedTuple):
    """The images in the rows of an array.

    A row has the shape `row`, whose axes in the order `axes` are (H, W) or (H, W, C). The value of
    white is `white`.
    """

    name: str
    file: ArrayFile
    row: tuple[int, ...]
    axes: tuple[int, ...]
    white: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an image, (H, W) or (H, W, C)."""
        return tuple(self.row[axis] for axis in self.axes)

    def pixels(self, indices: Sequence[int]) -> npt.NDArray[np.uint8]:
        """Some of the images, (N, H, W) or (N, H, W, C).

        Raises OSError, and ValueError for values that are no pixels.
        """
        values: npt.NDArray[Any] = self.file.values()[np.asarray(indices, np.int64)]
        values = values.reshape(-1, *self.row).transpose(0, *(1 + axis for axis in self.axes))
        if values.dtype == np.uint8 and self.white == WHITE:
            return values
        low, high = values.min(), values.max()
        if not (low >= 0 and high <= self.white):  # so that NaN is refused too
            raise ValueError(stored_text.row_out_of_range(low, high, self.white))
        scaled: npt.NDArray[np.uint8] = (values * (WHITE / self.white)).round().astype(np.uint8)
        return scaled


class ArrayRow(NamedTuple):
    """The image in one row of an array."""

    rows: PixelRows
    row: int

    @property
    def name(self) -> str:
        return f"{self.rows.name}/{self.row}"

    @property
    def file(self) -> str:
        """None: a row needs no decoding."""
        return ""

    def open(self) -> Image.Image:
        (pixels,) = self.rows.pixels([self.row])
        return Image.fromarray(np.ascontiguousarray(pixels))

    def encoded(self, most: int) -> bytes:
        """Nothing: a row is no file."""
        return b""

    def content(self) -> bytes:
        return bytes(self.rows.file.values()[self.row].tobytes())
