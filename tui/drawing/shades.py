"""Pictures as characters, light ones dense: a character is one pixel wide and two high."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

SHADES = " .:-=+*#%@"
# What the eye makes of red, green and blue (ITU-R BT.601).
LUMINANCE = (0.299, 0.587, 0.114)


def shades(
    picture: bytes, channels: int, height: int, width: int, cols: int, rows: int
) -> list[str]:
    """A (channels, height, width) picture of bytes as `rows` strings of `cols` characters.

    Each character stands for the mean of its area; of three channels their luminance is shown.
    A picture with fewer bytes than it should have is black at its end.
    """
    if min(channels, height, width) < 1:
        return [" " * cols] * rows
    plane = height * width
    picture = picture.ljust(channels * plane, b"\0")
    weights = LUMINANCE if channels == 3 else (1 / channels,) * channels
    values = [0.0] * (cols * rows)
    for channel, weight in enumerate(weights):
        means = _means(picture[channel * plane : (channel + 1) * plane], height, width, cols, rows)
        values = [value + weight * mean for value, mean in zip(values, means, strict=True)]
    signs = [SHADES[min(9, int(value * 10 / 256))] for value in values]
    return ["".join(signs[i * cols : (i + 1) * cols]) for i in range(rows)]


def _means(plane: bytes, height: int, width: int, cols: int, rows: int) -> list[float]:
    """The mean of the bytes under each character, row by row."""
    across, down = _edges(width, cols), _edges(height, rows)
    means: list[float] = []
    for top, bottom in down:
        lines = [plane[y * width : (y + 1) * width] for y in range(top, bottom)]
        for left, right in across:
            total = sum(sum(line[left:right]) for line in lines)
            means.append(total / ((right - left) * (bottom - top)))
    return means


def _edges(pixels: int, parts: int) -> Sequence[tuple[int, int]]:
    """First and last pixel of each part, one pixel at least."""
    starts = [min(pixels - 1, i * pixels // parts) for i in range(parts + 1)]
    starts[-1] = pixels
    return [(a, max(a + 1, b)) for a, b in itertools.pairwise(starts)]
