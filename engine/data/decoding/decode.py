"""One image file as pixels of a given form. Loads no torch, so that a worker starts quickly."""

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

# What Pillow raises on damaged files.
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
# Deep grey is brought to 8 bits by hand, since Pillow cuts off all above 255.
DEEP_GREY = ("I;16", "I;16B", "I;16L")
GREY = ("1", "L", *DEEP_GREY)

# How `decode` brings an image to its size, by the name that checkpoints give it: the largest
# square at the centre, bilinear and antialiased.
FIT: Literal["center-square"] = "center-square"


@dataclass(frozen=True)
class ImageFormat:
    """What every image becomes: (channels, size, size), of which `frame` pixels are its margin."""

    channels: int
    size: int
    frame: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.size, self.size


def decode_all(files: Sequence[Path], form: ImageFormat, pixels: Pixels) -> dict[int, str]:
    """Fill pixels (N, C, size, size) from as many files; returns why which ones are broken."""
    broken = {}
    for index, (file, target) in enumerate(zip(files, pixels, strict=True)):
        try:
            target[:] = decode(file, form)
        except BROKEN as error:
            broken[index] = why_broken(error)
    return broken


def why_broken(error: Exception) -> str:
    """The reason in a few words; what Pillow says names the file again."""
    return data_text.NOT_AN_IMAGE if isinstance(error, UnidentifiedImageError) else str(error)


def decode(file: Path, form: ImageFormat) -> Pixels:
    """The pixels (C, size, size) of one file: upright, and the square at its centre.

    Raises one of BROKEN for a file that is no whole image.
    """
    inner = form.size - 2 * form.frame
    with Image.open(file) as image:
        # A large JPEG is decoded at a fraction, but not below twice the size, for sharpness.
        image.draft(None, (2 * inner, 2 * inner))
        ImageOps.exif_transpose(image, in_place=True)
        square = _centre(_converted(image, "L" if form.channels == 1 else "RGB"), inner)
    array = np.asarray(square).reshape(inner, inner, form.channels).transpose(2, 0, 1)
    if form.frame:
        nearest = np.arange(-form.frame, inner + form.frame).clip(0, inner - 1)
        array = array[:, nearest[:, None], nearest]
    return array


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode in DEEP_GREY:
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode == "P" and isinstance(image.info.get("transparency"), bytes):
        image = image.convert("RGBA")  # else Pillow warns of every such file
    return image if image.mode == mode else image.convert(mode)


def _centre(image: Image.Image, size: int) -> Image.Image:
    """The largest square at the centre, bilinear and antialiased, (size, size)."""
    if image.size == (size, size):
        return image
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BILINEAR, box)
