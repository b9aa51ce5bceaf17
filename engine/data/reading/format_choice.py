"""Chooses a common format for the images of a data set, from a sample. Loads no torch."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.data.decoding.decode import GREY
from engine.data.decoding.image_format import ImageFormat
from engine.data.decoding.rendering import has_alpha, is_cut, is_deep
from engine.data.reading.image_sizes import Size, median_side
from engine.data.stored.image_opening import band_count
from engine.data.stored.stored_image import LabelledImages, StoredImage
from engine.recipes import image_checks
from engine.recipes.recipe import PHOTOGRAPH, PHOTOGRAPH_SIZE, Recipe

# Formats whose further frames are the same picture once more: a preview, or other sizes.
ONE_PICTURE = ("MPO", "ICO", "ICNS")
SMALL = range(28, 97)
# Other images get a multiple of STEP, from LEAST_SIZE, as their side.
STEP, LEAST_SIZE = 16, 32
# A canvas of so many times the side keeps enough for crops of a quarter of the area: as many pixels
# as the network sees. Shrunk to the side by an antialiased filter, it loses nothing to see.
CANVAS = 2
# Images of 28 pixels, as in MNIST, get a margin up to the 32 of LeNet-5 instead of being enlarged.
FRAMED_SIDE, FRAME = 28, 2
FRAMED = (FRAMED_SIDE, FRAMED_SIDE)


@dataclass(frozen=True)
class ImageHeader:
    """What the header of an image tells.

    `deep` says that it has more than 8 bits, `transparent` that pixels of it may be transparent,
    `animated` that it has several frames. `cut` says that the bands that are read are not all, or
    have more bits than 8.
    """

    size: Size
    grey: bool
    deep: bool = False
    transparent: bool = False
    animated: bool = False
    cut: bool = False


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


def common_format(headers: list[ImageHeader], recipe: Recipe) -> ImageFormat:
    """The format for images with such headers.

    Raises UsageError where the size that `auto` chose does not suit other fields of the recipe.
    """
    sizes = [header.size for header in headers]
    size = chosen_size(sizes) if recipe.size == "auto" else recipe.size
    frame = FRAME if {*sizes} == {FRAMED} and size == FRAMED_SIDE + 2 * FRAME else 0
    image_checks.check_growth(recipe, size)
    image_checks.check_canvas(recipe, size)
    return ImageFormat(
        channels=1 if headers and all(header.grey for header in headers) else 3,
        size=size,
        frame=frame,
        fit=recipe.fit,
        crop_pct=recipe.crop_pct,
        canvas=_canvas(recipe, size, are_squares={*sizes} == {(size - 2 * frame,) * 2}),
    )


def chosen_size(sizes: Sequence[Size]) -> int:
    """The side for images of these widths and heights: that of small squares which are all alike,
    224 for photographs, and else about the median of their shorter sides.
    """
    if keeps_size(sizes):
        side = sizes[0][0]
        return FRAMED_SIDE + 2 * FRAME if side == FRAMED_SIDE else side
    median = median_side(sizes)
    if median >= PHOTOGRAPH:
        return PHOTOGRAPH_SIZE
    return max(LEAST_SIZE, math.floor(median / STEP + 0.5) * STEP)


def keeps_size(sizes: Sequence[Size]) -> bool:
    """Whether images of these sizes are small squares which are all alike."""
    sides = {side for size in sizes for side in size}
    return len(sides) == 1 and min(sides) in SMALL


def _canvas(recipe: Recipe, size: int, *, are_squares: bool) -> int:
    """The shorter side to which images are decoded for random resized crops, or 0.

    It is 0, so that the crops are made of the square that the network sees, where images are such
    squares anyway, unless these must grow; and where all images are to stay in memory.
    """
    if recipe.canvas != "auto":
        return recipe.canvas
    as_seen = are_squares and not recipe.size_start
    if not recipe.crop_scale or as_seen or recipe.loader == "resident":
        return 0
    return CANVAS * size
