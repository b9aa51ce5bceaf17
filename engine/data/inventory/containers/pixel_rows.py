"""How the images lie in an array: told by its shape, and the value of white by its values."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine.data.inventory.containers import container_text
from engine.data.inventory.containers.found_array import FoundArray
from engine.data.stored.array_row import WHITE, PixelRows
from engine.errors import DataError

COLOURS = (3, 4)
# The largest values in use: marks, bytes, fractions or shares, and 12 and 16 bits.
WHITES_OF_WHOLES, WHITES_OF_FRACTIONS = (1, WHITE, 4_095, 65_535), (1, WHITE)
# Enough rows to see how large the values become.
SAMPLE = 4_096


class RowShape(NamedTuple):
    """The shape of a row, and which of its axes are (H, W) or (H, W, C)."""

    row: tuple[int, ...]
    axes: tuple[int, ...]


def pixel_rows(found: FoundArray, shape: RowShape, white: int | None = None) -> PixelRows:
    """The images of an array, with this value of white or the one that its values tell.

    Raises DataError where its values are no pixels, or have another white.
    """
    if white is None:
        white = _white(found)
    else:
        _check_white(found, white)
    return PixelRows(found.name, found.file(), shape.row, shape.axes, white)


def shape_of(found: FoundArray) -> RowShape:
    """How the images lie in an array (N, ...). Raises DataError where that cannot be told."""
    if len(found.shape) > 1 and found.kind in "buif" and 0 not in found.row_shape:
        shapes = _possible(found.row_shape)
        if len(shapes) == 1:
            return shapes[0]
        if shapes:
            raise DataError(container_text.ambiguous_axes(found.path, found.name, found.shape))
    kind = str(found.dtype)
    raise DataError(container_text.no_images(found.path, found.name, found.shape, kind))


def _possible(row: tuple[int, ...]) -> list[RowShape]:
    if len(row) == 1:
        side = math.isqrt(row[0])
        return [RowShape((side, side), (0, 1))] if side**2 == row[0] and side > 1 else []
    if len(row) == 2:
        return [RowShape(row, (0, 1))]
    if len(row) != 3:
        return []
    found = []
    first, _, last = row
    if last in (1, *COLOURS):
        found.append(RowShape(row[:2], (0, 1)) if last == 1 else RowShape(row, (0, 1, 2)))
    if first in (1, *COLOURS):
        found.append(RowShape(row[1:], (0, 1)) if first == 1 else RowShape(row, (1, 2, 0)))
    return found


def _white(found: FoundArray) -> int:
    """The value of white in an array: the smallest one in use that no value exceeds.

    Raises DataError for values that are no pixels.
    """
    if not found.shape[0]:
        return WHITE
    low, high = _range(found)
    fractions = found.kind == "f"
    whites = WHITES_OF_FRACTIONS if fractions else WHITES_OF_WHOLES
    white = next((white for white in whites if high <= white), None)
    if white is None or not low >= 0:
        raise DataError(container_text.no_pixels(found.path, found.name, low, high))
    return white


def _check_white(found: FoundArray, white: int) -> None:
    """Raise DataError where values from 0 to 1 stand beside larger ones, which would be black."""
    if found.shape[0]:
        _, high = _range(found)
        if 0 < high <= 1 < white:
            raise DataError(container_text.other_white(found.path, found.name, high, white))


def _range(found: FoundArray) -> tuple[float, float]:
    """The smallest and the largest value of a sample of the rows."""
    values = found.file().values()
    sample = np.asarray(values[:: -(-len(values) // SAMPLE)])
    return float(sample.min()), float(sample.max())
