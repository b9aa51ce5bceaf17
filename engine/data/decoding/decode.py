"""Decodes one image to pixels. Loads no torch, so that a worker starts quickly."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from engine import text
from engine.data import data_text
from engine.data.decoding.bands import banded
from engine.data.decoding.plain_jpeg import plain_pixels
from engine.data.decoding.rendering import (
    FRACTIONS,
    WHOLE,
    Rendering,
    eight_bits,
    has_alpha,
    is_deep,
    on_backdrop,
)
from engine.data.stored.stored_image import StoredImage

if TYPE_CHECKING:  # decoding processes know no recipe
    from engine.recipes.recipe import Fit

Pixels: TypeAlias = npt.NDArray[np.uint8]
Shares: TypeAlias = npt.NDArray[np.float32]

GREY = ("1", "L", *WHOLE, FRACTIONS)

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

# How `decode` resizes an image: the largest square at the centre, bilinear and antialiased.
# Checkpoints store this name.
FIT: Literal["center-square"] = "center-square"

AS_IN_FILE = Rendering()


@dataclass(frozen=True)
class ImageFormat:
    """The common format of all images: (channels, size, size), with a margin of `frame` pixels.

    `fit` and `crop_pct` say which part of an image is seen, as in a recipe. `canvas` is the shorter
    side to which an image is decoded before, or 0 where it is decoded to this size at once.
    """

    channels: int
    size: int
    frame: int
    rendering: Rendering = AS_IN_FILE
    fit: Fit = "crop"
    crop_pct: float = 1.0
    canvas: int = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.size, self.size


def decode_all(
    images: Sequence[StoredImage],
    image_format: ImageFormat,
    pixels: Pixels,
    outside: Shares | None = None,
) -> dict[int, str]:
    """Decode N images into pixels (N, C, size, size); returns why some are broken, by index.

    `outside` (N,) gets the share of the values of each that are outside the levels, if there are
    levels.
    """
    broken = {}
    for index, (image, target) in enumerate(zip(images, pixels, strict=True)):
        try:
            target[:], share = rendered(image, image_format)
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


def decode(stored: StoredImage, image_format: ImageFormat) -> Pixels:
    """The pixels (C, size, size) of the square at the centre of an image, turned upright.

    Raises an Exception of any type for what is not a whole image.
    """
    return rendered(stored, image_format)[0]


def rendered(stored: StoredImage, image_format: ImageFormat) -> tuple[Pixels, float]:
    """The pixels, and the share of the values of the image that are outside the levels."""
    inner = image_format.size - 2 * image_format.frame
    array, outside = _plain(stored, image_format, inner), 0.0
    if array is None:
        array, outside = _opened(stored, image_format, inner)
    if image_format.frame:
        nearest = np.arange(-image_format.frame, inner + image_format.frame).clip(0, inner - 1)
        array = array[:, nearest[:, None], nearest]
    return array, outside


def whole(stored: StoredImage, rendering: Rendering) -> Pixels:
    """The pixels (H, W, 3) of a whole image in its own size, turned upright.

    Raises as `decode`.
    """
    image, _ = _upright(stored, rendering, sys.maxsize)
    return np.asarray(_converted(image, "RGB", rendering))


def _plain(stored: StoredImage, image_format: ImageFormat, size: int) -> Pixels | None:
    """The pixels of a plain JPEG of this size, as they are; None for every other image."""
    if image_format.rendering.bands:
        return None
    return plain_pixels(stored, image_format.channels, size)


def _opened(stored: StoredImage, image_format: ImageFormat, size: int) -> tuple[Pixels, float]:
    """The pixels without a margin, and the share of the values outside the levels."""
    rendering, channels = image_format.rendering, image_format.channels
    image, outside = _upright(stored, rendering, size)
    square = _centre(_converted(image, "L" if channels == 1 else "RGB", rendering), size)
    return np.asarray(square).reshape(size, size, channels).transpose(2, 0, 1), outside


def _upright(stored: StoredImage, rendering: Rendering, size: int) -> tuple[Image.Image, float]:
    """The whole image, perhaps smaller, turned as its EXIF block says, with 8 bits a channel.

    Chosen bands lie as in the file.
    """
    if rendering.bands:
        return banded(stored, rendering)
    with stored.open() as image:
        if min(image.size) >= 4 * size:
            # Decode a large JPEG at a fraction of its size, but no smaller than twice the target.
            image.draft(None, (2 * size, 2 * size))
        image.load()  # a PNG may hold its EXIF block after its pixels
        whole, outside = eight_bits(image, rendering.levels) if is_deep(image) else (image, 0.0)
        turn = _turn(image)
    return (whole if turn is None else whole.transpose(turn)), outside


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How the EXIF block of an image says to turn it; None where nobody can read that block.

    Not Pillow's `exif_transpose`, which writes the block anew and so fails for odd values in it.
    """
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 (as above)
        return None


def _converted(image: Image.Image, mode: str, rendering: Rendering) -> Image.Image:
    if rendering.backdrop != "none" and has_alpha(image):
        image = on_backdrop(image, rendering.backdrop)
    if image.mode == "P" and isinstance(image.info.get("transparency"), bytes):
        image = image.convert("RGBA")  # otherwise Pillow warns about each such file
    return image if image.mode == mode else image.convert(mode)


def _centre(image: Image.Image, size: int) -> Image.Image:
    """The largest square at the centre, resized with antialiasing to (size, size)."""
    if image.size == (size, size):
        return image
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BILINEAR, box)
