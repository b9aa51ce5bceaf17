"""Decodes one image file to pixels. Loads no torch, so that a worker starts quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.data import data_text

Pixels: TypeAlias = npt.NDArray[np.uint8]

# The errors of Pillow for damaged files.
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
# We reduce grey of 16 bits to 8 bits, since Pillow would clip all values above 255.
DEEP_GREY = ("I;16", "I;16B", "I;16L")
GREY = ("1", "L", *DEEP_GREY)

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


def decode_all(files: Sequence[Path], image_format: ImageFormat, pixels: Pixels) -> dict[int, str]:
    """Decode N files into pixels (N, C, size, size); returns why some are broken, by index."""
    broken = {}
    for index, (file, target) in enumerate(zip(files, pixels, strict=True)):
        try:
            target[:] = decode(file, image_format)
        except BROKEN as error:
            broken[index] = why_broken(error)
    return broken


def why_broken(error: Exception) -> str:
    """The reason in a few words. Pillow's own sentence may repeat the file name."""
    return data_text.NOT_AN_IMAGE if isinstance(error, UnidentifiedImageError) else str(error)


def decode(file: Path, image_format: ImageFormat) -> Pixels:
    """The pixels (C, size, size) of the square at the centre of an image, turned upright.

    Raises one of BROKEN for a file that is not a whole image.
    """
    inner = image_format.size - 2 * image_format.frame
    with Image.open(file) as image:
        # Decode a large JPEG at a fraction of its size, but no smaller than twice the target.
        image.draft(None, (2 * inner, 2 * inner))
        ImageOps.exif_transpose(image, in_place=True)
        square = _centre(_converted(image, "L" if image_format.channels == 1 else "RGB"), inner)
    array = np.asarray(square).reshape(inner, inner, image_format.channels).transpose(2, 0, 1)
    if image_format.frame:
        nearest = np.arange(-image_format.frame, inner + image_format.frame).clip(0, inner - 1)
        array = array[:, nearest[:, None], nearest]
    return array


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode in DEEP_GREY:
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
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
