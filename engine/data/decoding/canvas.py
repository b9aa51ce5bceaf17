"""Decodes an image to its canvas: small, but large enough for random crops. Loads no torch.

A canvas whose shorter side is twice that of the images that the network sees, made by Lanczos's
filter, serves for crops down to a quarter of the area: they differ from crops of the whole image by
40 dB or more (`tests/test_canvas.py`). Bicubic loses 1 dB more, bilinear 3.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.decoding.upright import upright
from engine.data.stored.stored_image import StoredImage

# How many times the side of a canvas a JPEG is decoded to at least, where it is larger: decoded to
# just that side it is worse than one that is shrunk from all of its pixels.
ENOUGH = 5 / 4


class Canvas(NamedTuple):
    """Pixels (h, w, C) uint8 of a whole image, upright, and its own `size`: (width, height).

    The two differ in scale, and perhaps in aspect: the size has the true one.
    """

    pixels: Pixels
    size: tuple[int, int]


def canvas_size(width: int, height: int, side: int) -> tuple[int, int]:
    """The width and height of the canvas of an image that is decoded to this size.

    The shorter side becomes `side`. An image with one under 1.7 times that stays as it is, where it
    has no more pixels than a canvas may have. A longer one is squashed along its longer side.
    """
    shorter, longer = sorted((width, height))
    if shorter > side and not (10 * shorter < 17 * side and shorter * longer <= _most_area(side)):
        shorter, longer = side, round(longer * side / shorter)
    longer = min(longer, _most_area(side) // shorter)
    return (shorter, longer) if width < height else (longer, shorter)


def _most_area(side: int) -> int:
    """Pixels of the largest canvas: of 4:3, and just not shrunk. (1.7 side)² · 4/3, rounded down"""
    return 17 * 17 * 4 * side * side // 300


def most_bytes(side: int, channels: int) -> int:
    """The bytes of the largest canvas."""
    return _most_area(side) * channels


def decode_canvas(stored: StoredImage, image_format: ImageFormat) -> tuple[Canvas, float]:
    """The canvas of an image, and the share of its values that are outside the levels.

    Raises an Exception of any type for what is not a whole image.
    """
    side = image_format.canvas
    least = math.ceil(ENOUGH * side)
    whole = upright(stored, image_format.rendering, image_format.channels, least)
    image = whole.image
    size = canvas_size(*image.size, side)
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    pixels = np.asarray(image).reshape(*size[::-1], image_format.channels)
    return Canvas(pixels, whole.size), whole.outside
