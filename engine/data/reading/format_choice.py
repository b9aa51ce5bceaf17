"""Chooses a common format for the images of a data set, from a sample. Loads no torch."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from engine.data.decoding.decode import GREY, ImageFormat
from engine.data.decoding.rendering import has_alpha, is_cut, is_deep
from engine.data.stored.image_opening import band_count
from engine.data.stored.stored_image import LabelledImages, StoredImage
from engine.recipes.recipe import Fit

SAMPLE = 100
# Formats whose further frames are the same picture once more: a preview, or other sizes.
ONE_PICTURE = ("MPO", "ICO", "ICNS")
DEFAULT_SIZE = 64
SMALL = range(28, 97)
# Images of 28 pixels, as in MNIST, get a margin up to the 32 of LeNet-5 instead of being enlarged.
FRAMED_SIDE, FRAME = 28, 2


@dataclass(frozen=True)
class ImageHeader:
    """What the header of an image tells.

    `deep` says that it has more than 8 bits, `transparent` that pixels of it may be transparent,
    `animated` that it has several frames. `cut` says that the bands that are read are not all, or
    have more bits than 8.
    """

    size: tuple[int, int]
    grey: bool
    deep: bool = False
    transparent: bool = False
    animated: bool = False
    cut: bool = False


def sampled(images: LabelledImages) -> LabelledImages:
    """About a hundred evenly spread images."""
    return images[:: -(-len(images) // SAMPLE)]


def headers_of(images: LabelledImages) -> dict[StoredImage, ImageHeader]:
    """The headers of those of these images that are not broken."""
    headers = {}
    for stored, _ in images:
        with contextlib.suppress(Exception), stored.open() as image:
            headers[stored] = ImageHeader(
                image.size,
                image.mode in GREY,
                is_deep(image),
                has_alpha(image),
                image.format not in ONE_PICTURE and getattr(image, "is_animated", False),
                band_count(image) > len(image.getbands()) or is_cut(image),
            )
    return headers


def common_format(
    headers: list[ImageHeader],
    size: int | str,
    fit: Fit = "crop",
    crop_pct: float = 1.0,
    canvas: int = 0,
) -> ImageFormat:
    """The format for images with such headers.

    `size` "auto" keeps small square images of one size, and resizes all others to 64 pixels.
    """
    sides = {side for header in headers for side in header.size}
    common = min(sides) if len(sides) == 1 else 0
    natural = common if common in SMALL else DEFAULT_SIZE
    frame = FRAME if common == FRAMED_SIDE and size in ("auto", FRAMED_SIDE + 2 * FRAME) else 0
    return ImageFormat(
        channels=1 if headers and all(header.grey for header in headers) else 3,
        size=size if isinstance(size, int) else natural + 2 * frame,
        frame=frame,
        fit=fit,
        crop_pct=crop_pct,
        canvas=canvas,
    )
