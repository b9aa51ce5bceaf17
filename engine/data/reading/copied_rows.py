"""Copies rows of arrays that need no decoding and no resizing, thousands at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import groupby, islice

import numpy as np

from engine.data.decoding.decode import decode_all
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.stored.array_row import ArrayRow, PixelRows
from engine.data.stored.stored_image import LabelledImages

CHUNK = 2_048


def can_copy(images: LabelledImages, image_format: ImageFormat) -> bool:
    """Whether all images are rows with the size and the colours of this format."""
    side = image_format.size - 2 * image_format.frame
    shape = (side, side) if image_format.channels == 1 else (side, side, image_format.channels)
    if image_format.rendering.bands or image_format.crop_pct < 1:
        return False
    if not all(isinstance(image, ArrayRow) for image, _ in images):
        return False
    arrays = {id(image.rows): image.rows for image, _ in images if isinstance(image, ArrayRow)}
    return all(rows.shape == shape for rows in arrays.values())


def copied(
    images: LabelledImages, image_format: ImageFormat, length: int = 0
) -> Generator[float, None, tuple[Pixels, dict[int, str]]]:
    """The pixels of such images and why some are broken, by index; yields the fraction done.

    The pixels have room for `length` images, if there are fewer.
    """
    pixels = np.empty((max(length, len(images)), *image_format.shape), np.uint8)
    broken: dict[int, str] = {}
    done = 0
    for rows, chunk in _chunks(images):
        target = pixels[done : done + len(chunk)]
        try:
            target[:] = _framed(rows, [image.row for image in chunk], image_format)
        except (OSError, ValueError):  # one at a time says which ones
            found = decode_all(chunk, image_format, target)
            broken |= {done + index: why for index, why in found.items()}
        done += len(chunk)
        yield done / len(images)
    return pixels, broken


def _chunks(images: LabelledImages) -> Iterator[tuple[PixelRows, list[ArrayRow]]]:
    """Rows of one array that follow each other, some thousands at a time."""
    rows = (image for image, _ in images if isinstance(image, ArrayRow))
    for array, members in groupby(rows, lambda image: image.rows):
        while chunk := list(islice(members, CHUNK)):
            yield array, chunk


def _framed(rows: PixelRows, indices: list[int], image_format: ImageFormat) -> Pixels:
    """The images (N, C, size, size); the margin repeats the pixels at the edge."""
    found = rows.pixels(indices)
    inner = image_format.size - 2 * image_format.frame
    planes = found.reshape(len(found), inner, inner, image_format.channels).transpose(0, 3, 1, 2)
    if not image_format.frame:
        return planes
    nearest = np.arange(-image_format.frame, inner + image_format.frame).clip(0, inner - 1)
    return planes[:, :, nearest[:, None], nearest]
