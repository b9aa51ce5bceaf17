"""Decodes one image to pixels. Loads no torch, so that a worker starts quickly."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from PIL import UnidentifiedImageError

from engine import text
from engine.data import data_text
from engine.data.decoding.canvas import Canvas, decode_canvas
from engine.data.decoding.framing import fitted, framed, with_margin
from engine.data.decoding.image_format import ImageFormat, Pixels, Shares
from engine.data.decoding.making import ANEW, Making
from engine.data.decoding.plain_jpeg import plain_pixels
from engine.data.decoding.rendering import FRACTIONS, WHOLE, Rendering
from engine.data.decoding.upright import upright
from engine.data.stored.stored_image import StoredImage

# Makes pixels (C, side, side) of an image; also says which share of it is outside the levels.
Maker: TypeAlias = Callable[[StoredImage, ImageFormat, Making], tuple[Pixels, float]]

GREY = ("1", "L", *WHOLE, FRACTIONS)


def decode_all(
    images: Sequence[StoredImage],
    image_format: ImageFormat,
    pixels: Pixels,
    outside: Shares | None = None,
    making: Making = ANEW,
    make: Maker | None = None,
) -> dict[int, str]:
    """Make pixels (N, C, side, side) of N images; returns why some are broken, by index.

    `make` makes those of one, by default `view`. `outside` (N,) gets the share of the values of
    each that are outside the levels, if there are levels.
    """
    broken = {}
    for index, (image, target) in enumerate(zip(images, pixels, strict=True)):
        try:
            target[:], share = (make or view)(image, image_format, making.part(index, index + 1))
            if outside is not None and image_format.rendering.levels:
                outside[index] = share
        except Exception as error:  # noqa: BLE001 (Pillow's parsers raise errors of any type)
            broken[index] = why_broken(error)
    return broken


def why_broken(error: Exception) -> str:
    """The reason in a few words. Pillow's own sentence may repeat the file name."""
    if isinstance(error, UnidentifiedImageError):
        return data_text.NOT_AN_IMAGE
    if isinstance(error, MemoryError):
        return data_text.IMAGE_TOO_LARGE
    words = text.reason(error) if isinstance(error, OSError) else str(error)
    if "truncated" in words.lower():
        return data_text.ENDS_EARLY
    return words.partition("\n")[0] or type(error).__name__


def view(stored: StoredImage, image_format: ImageFormat, making: Making) -> tuple[Pixels, float]:
    """The pixels (C, side, side) of a view, and the share of the image's values outside the levels.

    Raises as `decode`.
    """
    canvas, outside = canvas_or_view(stored, image_format, making)
    if not image_format.canvas:
        return canvas.pixels, outside
    return framed(canvas, image_format), outside


def canvas_or_view(
    stored: StoredImage, image_format: ImageFormat, making: Making
) -> tuple[Canvas, float]:
    """What is kept of an image: from the store, if it is there; else decoded, and put there."""
    store, (number,) = making.kept or (None, [0])
    if store is None:
        return _decoded(stored, image_format)
    found = store.read(number)
    if found is None:
        found = _decoded(stored, image_format)
        store.write(number, stored, *found)
    return found


def _decoded(stored: StoredImage, image_format: ImageFormat) -> tuple[Canvas, float]:
    """What a store would keep of an image."""
    if image_format.canvas:
        return decode_canvas(stored, image_format)
    pixels, outside = rendered(stored, image_format)
    return Canvas(pixels, (image_format.size, image_format.size)), outside


def decode(stored: StoredImage, image_format: ImageFormat) -> Pixels:
    """The pixels (C, size, size) that the network sees of an image, turned upright.

    Raises an Exception of any type for what is not a whole image.
    """
    return view(stored, image_format, ANEW)[0]


def rendered(stored: StoredImage, image_format: ImageFormat) -> tuple[Pixels, float]:
    """The pixels (C, size, size) of an image without a canvas, and the share outside the levels."""
    plain = _plain(stored, image_format)
    if plain is not None:
        return plain, 0.0
    inner = image_format.size - 2 * image_format.frame
    # A large JPEG is decoded to twice the size of the pixels that are seen, or more.
    least = 2 * math.ceil(inner / image_format.crop_pct)
    image, _, outside = upright(stored, image_format.rendering, image_format.channels, least)
    return fitted(image, image.size, image_format), outside


def whole(stored: StoredImage, rendering: Rendering) -> Pixels:
    """The pixels (H, W, 3) of a whole image in its own size, turned upright.

    Raises as `decode`.
    """
    return np.asarray(upright(stored, rendering, 3, sys.maxsize).image)


def _plain(stored: StoredImage, image_format: ImageFormat) -> Pixels | None:
    """The pixels of a plain JPEG of this size, as they are; None for every other image."""
    if image_format.rendering.bands or image_format.crop_pct < 1:
        return None
    inner = image_format.size - 2 * image_format.frame
    pixels = plain_pixels(stored, image_format.channels, inner)
    return None if pixels is None else with_margin(pixels, image_format.frame)
