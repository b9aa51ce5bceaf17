"""Decodes one image to pixels. Loads no torch, so that a worker starts quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from engine import text
from engine.data import data_text
from engine.data.decoding.plain_jpeg import plain_pixels
from engine.data.stored.stored_image import StoredImage

Pixels: TypeAlias = npt.NDArray[np.uint8]

# Modes of whole numbers of 12 or 16 bits, and of fractions. We reduce them to 8 bits, since Pillow
# would clip all values above 255.
WHOLE, FRACTIONS = ("I", "I;16", "I;16B", "I;16L"), "F"
GREY = ("1", "L", *WHOLE, FRACTIONS)
BITS_PER_SAMPLE = 258  # a tag of TIFF
# Fractions may leave 0..1 a little, since resampling overshoots at edges.
OVERSHOOT = 0.5

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


@dataclass(frozen=True)
class ImageFormat:
    """The common format of all images: (channels, size, size), with a margin of `frame` pixels."""

    channels: int
    size: int
    frame: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.size, self.size


def decode_all(
    images: Sequence[StoredImage], image_format: ImageFormat, pixels: Pixels
) -> dict[int, str]:
    """Decode N images into pixels (N, C, size, size); returns why some are broken, by index."""
    broken = {}
    for index, (image, target) in enumerate(zip(images, pixels, strict=True)):
        try:
            target[:] = decode(image, image_format)
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
    return words.partition("\n")[0] or type(error).__name__


def decode(stored: StoredImage, image_format: ImageFormat) -> Pixels:
    """The pixels (C, size, size) of the square at the centre of an image, turned upright.

    Raises an Exception of any type for what is not a whole image.
    """
    inner = image_format.size - 2 * image_format.frame
    array = plain_pixels(stored, image_format.channels, inner)
    if array is None:
        array = _opened(stored, image_format.channels, inner)
    if image_format.frame:
        nearest = np.arange(-image_format.frame, inner + image_format.frame).clip(0, inner - 1)
        array = array[:, nearest[:, None], nearest]
    return array


def _opened(stored: StoredImage, channels: int, size: int) -> Pixels:
    """The pixels (C, size, size) of any image."""
    with stored.open() as image:
        if min(image.size) >= 4 * size:
            # Decode a large JPEG at a fraction of its size, but no smaller than twice the target.
            image.draft(None, (2 * size, 2 * size))
        square = _centre(_converted(_upright(image), "L" if channels == 1 else "RGB"), size)
    return np.asarray(square).reshape(size, size, channels).transpose(2, 0, 1)


def _upright(image: Image.Image) -> Image.Image:
    """The image, turned as its EXIF block says, or as it lies where nobody can read that block.

    Not Pillow's `exif_transpose`, which writes the block anew and so fails for odd values in it.
    """
    image.load()  # a PNG may hold the block after its pixels
    try:
        turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 (as above)
        return image
    return image if turn is None else image.transpose(turn)


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode in (*WHOLE, FRACTIONS):
        image = Image.fromarray(_eight_bits(image))
    if image.mode == "P" and isinstance(image.info.get("transparency"), bytes):
        image = image.convert("RGBA")  # otherwise Pillow warns about each such file
    return image if image.mode == mode else image.convert(mode)


def _eight_bits(image: Image.Image) -> Pixels:
    """The pixels (H, W) of a grey image with more than 8 bits.

    Fractions count from 0 to 1; where some are larger, from 0 to 255. Raises ValueError for values
    outside the range, which would become black or white.
    """
    values = np.asarray(image)
    if image.mode == FRACTIONS:
        most = 1 if values.max() <= 1 + OVERSHOOT else 255
        _check_range(values, most, tolerance=OVERSHOOT * most)
        return (values.clip(0, most) * (255 / most)).round().astype(np.uint8)
    # A TIFF may have 12 bits; Pillow spreads all other whole numbers over 16.
    bits = 12 if getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE) == (12,) else 16
    _check_range(values, 2**bits - 1)
    return (values >> (bits - 8)).astype(np.uint8)


def _check_range(values: npt.NDArray[Any], most: float, tolerance: float = 0.0) -> None:
    low, high = values.min(), values.max()
    if not (-tolerance <= low and high <= most + tolerance):  # so that NaN is refused too
        raise ValueError(data_text.values_out_of_range(low, high))


def _centre(image: Image.Image, size: int) -> Image.Image:
    """The largest square at the centre, resized with antialiasing to (size, size)."""
    if image.size == (size, size):
        return image
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BILINEAR, box)
