"""Pictures as characters: half blocks in colours, or ASCII characters, denser if lighter.

In half blocks, a cell holds two pixels, one above the other.
"""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Sequence
from functools import lru_cache

from engine.protocol.events import Picture
from tui.drawing.cells import Row, Span

SHADES = " .:-=+*#%@"
# The greys that a terminal of 256 colours has.
GREYS = tuple(f"#{8 + 10 * i:02x}" + f"{8 + 10 * i:02x}" * 2 for i in range(24))
# The luminance of red, green and blue (ITU-R BT.601).
LUMINANCE = (0.299, 0.587, 0.114)


@lru_cache(1024)
def pictured(picture: Picture, cols: int, rows: int, coloured: bool = False) -> tuple[Row, ...]:
    """The picture in `cols` by `rows` cells; data that cannot be decoded is black."""
    data = decoded(picture.data)
    channels, height, width = picture.channels, picture.height, picture.width
    if coloured and min(channels, height, width, cols, rows) > 0:
        return tuple(blocks(data, channels, height, width, cols, rows))
    return tuple((Span(line),) for line in shades(data, channels, height, width, cols, rows))


def shades(
    picture: bytes, channels: int, height: int, width: int, cols: int, rows: int
) -> list[str]:
    """A (channels, height, width) picture of bytes as `rows` strings of `cols` characters.

    Each character stands for the mean of its area; three channels are shown by their luminance.
    If bytes are missing, the end of the picture is black.
    """
    if min(channels, height, width, cols) < 1:
        return [" " * max(0, cols)] * rows
    signs = [
        SHADES[min(9, int(value * 10 / 256))]
        for value in _grey(_planes(picture, channels, height, width, cols, rows))
    ]
    return ["".join(line) for line in _lines(signs, cols)]


def blocks(
    picture: bytes, channels: int, height: int, width: int, cols: int, rows: int
) -> list[Row]:
    """The same as rows of `▀`: each cell is two pixels; three channels have their colours."""
    planes = _planes(picture, channels, height, width, cols, 2 * rows)
    if channels == 3:
        colours = [_colour(*pixel) for pixel in zip(*planes, strict=True)]
    else:
        colours = [GREYS[min(23, int(value * 24 / 256))] for value in _grey(planes)]
    lines = _lines(colours, cols)
    return [_row(upper, lower) for upper, lower in zip(lines[::2], lines[1::2], strict=True)]


def decoded(data: str) -> bytes:
    """The bytes of base64; empty if it is not valid."""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _row(upper: Sequence[str], lower: Sequence[str]) -> Row:
    pairs = itertools.groupby(zip(upper, lower, strict=True))
    return tuple(_stretch(*pair, len(list(alike))) for pair, alike in pairs)


def _stretch(upper: str, lower: str, cells: int) -> Span:
    # If both pixels are equal, a space is enough: it needs only one colour.
    if upper == lower:
        return Span(" " * cells, "plain", ("", lower))
    return Span("▀" * cells, "plain", (upper, lower))


def _colour(red: float, green: float, blue: float) -> str:
    """The colour in invisible steps of 8, since equal neighbours take fewer bytes."""
    return f"#{int(red) & 248:02x}{int(green) & 248:02x}{int(blue) & 248:02x}"


def _planes(
    picture: bytes, channels: int, height: int, width: int, cols: int, rows: int
) -> list[list[float]]:
    """For each channel, the mean in each of `rows` × `cols` areas."""
    plane = height * width
    picture = picture.ljust(channels * plane, b"\0")
    return [
        _means(picture[i * plane : (i + 1) * plane], height, width, cols, rows)
        for i in range(channels)
    ]


def _grey(planes: Sequence[Sequence[float]]) -> list[float]:
    """The luminance of three channels, else their mean."""
    weights = LUMINANCE if len(planes) == 3 else (1 / len(planes),) * len(planes)
    return [
        sum(weight * value for weight, value in zip(weights, pixel, strict=True))
        for pixel in zip(*planes, strict=True)
    ]


def _means(plane: bytes, height: int, width: int, cols: int, rows: int) -> list[float]:
    """The mean of the bytes under each area, row by row."""
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


def _lines(values: Sequence[str], cols: int) -> list[Sequence[str]]:
    return [values[i : i + cols] for i in range(0, len(values), cols)]
