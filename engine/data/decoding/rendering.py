"""How values become 8 bits a channel, alike for all images of a set. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.data import data_text

if TYPE_CHECKING:  # decoding processes know no recipe
    from engine.recipes.recipe import Backdrop

Values: TypeAlias = npt.NDArray[Any]

# Modes of whole numbers of 12 to 32 bits, and of fractions. Pillow would clip all values above 255.
WHOLE, FRACTIONS = ("I", "I;16", "I;16B", "I;16L"), "F"
# Modes with transparency; a palette or a colour may be transparent too.
ALPHA = ("LA", "PA", "RGBA", "La", "RGBa")
# Tags of TIFF.
BITS_PER_SAMPLE, SAMPLE_FORMAT, SIGNED = 258, 339, 2
# Fractions may leave 0..1 a little, since resampling overshoots at edges.
OVERSHOOT = 0.5


@dataclass(frozen=True)
class Rendering:
    """How values become 8 bits.

    `levels` are the values of black and white, for images of more than 8 bits; where it is empty,
    the kind of their numbers decides. `backdrop` shows through transparent pixels; where it is
    "none", they keep the colour that the file hides. `bands` are the numbers, from 1, of the bands
    that are read; all where it is empty.
    """

    levels: tuple[float, ...] = ()
    backdrop: Backdrop = "none"
    bands: tuple[int, ...] = ()


def is_deep(image: Image.Image) -> bool:
    """Whether an image has values that do not fit into 8 bits without a sign."""
    if image.mode == "L":
        return _tag(image, SAMPLE_FORMAT) == SIGNED
    return image.mode in WHOLE or image.mode == FRACTIONS


def is_cut(image: Image.Image) -> bool:
    """Whether an opened colour image has 16 bits a colour in its file; Pillow reads the upper 8."""
    tiles = getattr(image, "tile", ())
    return len(image.getbands()) > 1 and any(";16" in str(tile[3]) for tile in tiles)


def has_alpha(image: Image.Image) -> bool:
    """Whether pixels of an image may be transparent."""
    return image.mode in ALPHA or ("transparency" in image.info and not is_deep(image))


def deep_values(image: Image.Image) -> Values:
    """The values (H, W) of a deep image, as they are in the file."""
    values = np.asarray(image)
    bits, signed = _tag(image, BITS_PER_SAMPLE), _tag(image, SAMPLE_FORMAT) == SIGNED
    if signed and bits == 8:
        return values.view(np.int8)
    # Pillow reads numbers without a sign as such with one, which makes the largest ones negative.
    unsigned = image.mode == "I" and bits == 32 and not signed
    return values.view(np.uint32) if unsigned else values


def _tag(image: Image.Image, number: int) -> object:
    """The value of a tag that a TIFF file has once or for each band; None in other files."""
    value = getattr(image, "tag_v2", {}).get(number)
    return value[0] if isinstance(value, tuple) else value


def by_levels(values: Values, low: float, high: float) -> tuple[npt.NDArray[np.uint8], float]:
    """The values as 8 bits, with `low` as 0 and `high` as 255, and the share that is outside.

    A value that is no number becomes 0 and counts as outside.
    """
    outside = 1 - np.count_nonzero((values >= low) & (values <= high)) / values.size
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:  # a table is ten times as fast
        grey: npt.NDArray[np.uint8] = np.take(_table(low, high), values)
        return grey, outside
    return _scaled(values, low, high), outside


def _scaled(values: Values, low: float, high: float) -> npt.NDArray[np.uint8]:
    # A double holds all numbers of 32 bits.
    shares = (values.astype(np.float64) - low) / (high - low)
    grey: npt.NDArray[np.uint8] = np.nan_to_num(shares.clip(0, 1) * 255).round().astype(np.uint8)
    return grey


@lru_cache(maxsize=1)
def _table(low: float, high: float) -> npt.NDArray[np.uint8]:
    """What each number of 16 bits becomes."""
    return _scaled(np.arange(2**16), low, high)


def by_kind(values: Values, bits: int) -> npt.NDArray[np.uint8]:
    """The values as 8 bits by the kind of their numbers, for runs whose recipe has no levels.

    Fractions count from 0 to 1; where some are larger, from 0 to 255. Raises ValueError for values
    outside the range, which would become black or white.
    """
    if values.dtype.kind == "f":
        most = 1 if values.max() <= 1 + OVERSHOOT else 255
        _check_range(values, most, tolerance=OVERSHOOT * most)
        return (values.clip(0, most) * (255 / most)).round().astype(np.uint8)
    _check_range(values, 2**bits - 1)
    return (values >> (bits - 8)).astype(np.uint8)


def _check_range(values: Values, most: float, tolerance: float = 0.0) -> None:
    low, high = values.min(), values.max()
    if not (-tolerance <= low and high <= most + tolerance):  # so that NaN is refused too
        raise ValueError(data_text.values_out_of_range(low, high))


def eight_bits(image: Image.Image, levels: tuple[float, ...]) -> tuple[Image.Image, float]:
    """A deep image as a grey one, and the share of its values outside the levels."""
    values = deep_values(image)
    if levels:
        low, high = levels
        grey, outside = by_levels(values, low, high)
        return Image.fromarray(grey), outside
    # A TIFF may have 12 bits; Pillow spreads all other whole numbers over 16.
    bits = 12 if _tag(image, BITS_PER_SAMPLE) == 12 else 16
    return Image.fromarray(by_kind(values, bits)), 0.0


def on_backdrop(image: Image.Image, backdrop: Backdrop) -> Image.Image:
    """An image with what is behind it, where any of its pixels is transparent."""
    layer = image.convert("RGBA")
    if not is_transparent(layer):
        return image
    canvas = Image.new("RGBA", image.size, backdrop)
    canvas.alpha_composite(layer)
    return canvas.convert("L" if image.mode in ("LA", "La") else "RGB")


def is_transparent(layer: Image.Image) -> bool:
    """Whether any pixel of an RGBA image is transparent."""
    lowest, _ = layer.getchannel("A").getextrema()
    return bool(lowest != 255)
