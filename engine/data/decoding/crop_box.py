"""Draws the box of a random resized crop. Loads no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.data.decoding.canvas import Canvas

# Boxes that are tried before the one at the centre is taken.
TRIES = 10
# The random numbers of a box: two for its place, and two for each try.
NUMBERS = 2 + 2 * TRIES


class Box(NamedTuple):
    """A part of a canvas, in its pixels."""

    left: int
    top: int
    width: int
    height: int


def drawn_box(
    canvas: Canvas,
    scale: tuple[float, float],
    ratio: tuple[float, float],
    numbers: Sequence[float],
) -> Box:
    """A box of a random share of the area and a random ratio of width to height, anywhere inside.

    As torchvision's `RandomResizedCrop`. The ratio is that of the image's own pixels, which a
    canvas may have squashed. `numbers` are `NUMBERS` random ones, from 0 to below 1.
    """
    (height, width, _), squash = canvas.pixels.shape, _squash(canvas)
    low, high = math.log(ratio[0]), math.log(ratio[1])
    for at in range(2, NUMBERS, 2):
        area = width * height * (scale[0] + numbers[at] * (scale[1] - scale[0]))
        shape = math.exp(low + numbers[at + 1] * (high - low)) * squash
        wide, tall = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if 0 < wide <= width and 0 < tall <= height:
            left, top = int(numbers[0] * (width - wide + 1)), int(numbers[1] * (height - tall + 1))
            return Box(left, top, wide, tall)
    wide, tall = central_shape(width, height, ratio[0] * squash, ratio[1] * squash)
    return Box((width - wide) // 2, (height - tall) // 2, wide, tall)


def _squash(canvas: Canvas) -> float:
    """The ratio of width to height that a square of the image has on its canvas."""
    height, width, _ = canvas.pixels.shape
    squash: float = (width * canvas.size[1]) / (height * canvas.size[0])
    return squash


def central_shape(width: int, height: int, lowest: float, highest: float) -> tuple[int, int]:
    """The width and height of the largest box of an image whose ratio is within the bounds."""
    if width / height < lowest:
        return width, max(1, round(width / lowest))
    if width / height > highest:
        return max(1, round(height * highest)), height
    return width, height
