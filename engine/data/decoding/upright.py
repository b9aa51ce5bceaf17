"""Opens an image upright, with 8 bits a channel and the wanted colours. Loads no torch."""

from __future__ import annotations

import math
from typing import NamedTuple

from PIL import ExifTags, Image

from engine.data.decoding.bands import banded
from engine.data.decoding.rendering import (
    Rendering,
    eight_bits,
    has_alpha,
    is_deep,
    on_backdrop,
)
from engine.data.stored.stored_image import StoredImage

# How to turn an image upright, by its EXIF orientation.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Those that exchange width and height.
SIDEWAYS = [TURNS[orientation] for orientation in (5, 6, 7, 8)]

# From so many pixels on, an image is decoded only where there is memory for it.
MANY_PIXELS = 50_000_000
# Bytes that a pixel takes with its copy, which is turned or in other colours; the same where it has
# more than 8 bits; and those of a coefficient of a JPEG.
BYTES, DEEP_BYTES, COEFFICIENT_BYTES = 8, 24, 2


class Upright(NamedTuple):
    """A whole image, perhaps decoded smaller, and its own `size`: width and height, upright.

    `outside` is the share of its values that are outside the levels.
    """

    image: Image.Image
    size: tuple[int, int]
    outside: float


def upright(stored: StoredImage, rendering: Rendering, channels: int, least: int) -> Upright:
    """The whole image in grey (1 channel) or RGB, turned as its EXIF block says.

    A large JPEG is decoded at a fraction of its size, with both sides of at least `least` pixels.
    Chosen bands lie as in the file. Raises an Exception of any type for what is not a whole image.
    """
    mode = "L" if channels == 1 else "RGB"
    if rendering.bands:
        image, outside = banded(stored, rendering)
        return Upright(_converted(image, mode, rendering), image.size, outside)
    with stored.open() as image:
        size = image.size
        image.draft(None, (least, least))
        _check_memory(image, size)
        image.load()  # a PNG may hold its EXIF block after its pixels
        whole, outside = eight_bits(image, rendering.levels) if is_deep(image) else (image, 0.0)
        turn = _turn(image)
    if turn is not None:
        whole = whole.transpose(turn)
    size = size[::-1] if turn in SIDEWAYS else size
    return Upright(_converted(whole, mode, rendering), size, outside)


def _check_memory(image: Image.Image, size: tuple[int, int]) -> None:
    """Raise MemoryError where there is not enough for a very large image of this `size`.

    `image` has the size to which it will be decoded.
    """
    if math.prod(size) < MANY_PIXELS:
        return
    from engine.machine import memory  # takes longer to import than to decode most images

    needed = math.prod(image.size) * (DEEP_BYTES if is_deep(image) else BYTES)
    if image.info.get("progressive"):  # all coefficients are kept, at any scale
        needed += math.prod(size) * len(image.getbands()) * COEFFICIENT_BYTES
    if needed > memory.free_bytes():
        raise MemoryError


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How the EXIF block of an image says to turn it; None where nobody can read that block.

    Not Pillow's `exif_transpose`, which writes the block anew and so fails for odd values in it.
    """
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 (Pillow's parsers raise errors of any type)
        return None


def _converted(image: Image.Image, mode: str, rendering: Rendering) -> Image.Image:
    if rendering.backdrop != "none" and has_alpha(image):
        image = on_backdrop(image, rendering.backdrop)
    if image.mode == "P" and isinstance(image.info.get("transparency"), bytes):
        image = image.convert("RGBA")  # otherwise Pillow warns about each such file
    return image if image.mode == mode else image.convert(mode)
