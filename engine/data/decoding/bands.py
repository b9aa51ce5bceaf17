"""Reads chosen bands of images that have more than colours, with the package tifffile."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from engine.data import data_text
from engine.data.decoding.rendering import Rendering, Values, by_kind, by_levels
from engine.data.stored.image_kinds import FIRST_BYTES, kind_of
from engine.data.stored.stored_image import StoredImage


def banded(stored: StoredImage, rendering: Rendering) -> tuple[Image.Image, float]:
    """The bands of a rendering as an image, and the share of their values outside the levels.

    Raises ValueError where there are fewer, and ModuleNotFoundError where tifffile is needed.
    """
    values, outside = band_values(stored, rendering.bands), 0.0
    if values.dtype != np.uint8 and rendering.levels:
        low, high = rendering.levels
        values, outside = by_levels(values, low, high)
    elif values.dtype != np.uint8:
        values = by_kind(values, 16)
    return Image.fromarray(values.squeeze(2) if values.shape[2] == 1 else values), outside


def band_values(stored: StoredImage, bands: tuple[int, ...]) -> Values:
    """The values (H, W, bands) of these bands, numbered from 1. Raises as `banded`."""
    values = _all_bands(stored)
    if max(bands) > values.shape[2]:
        raise ValueError(data_text.fewer_bands(values.shape[2]))
    return np.ascontiguousarray(values[:, :, [band - 1 for band in bands]])


def _all_bands(stored: StoredImage) -> Values:
    content = stored.content()
    kind = kind_of(content[:FIRST_BYTES])
    if kind is None or kind.name != "TIFF":
        with stored.open() as image:
            values = np.asarray(image)
        return np.atleast_3d(values)
    try:
        import tifffile
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(data_text.NEEDS_TIFFFILE) from error
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        values = np.asarray(file.series[0].asarray())
        axes = file.series[0].axes
    if values.ndim == 3 and axes.endswith("YX"):  # each band is stored as a whole
        return np.moveaxis(values, 0, 2)
    if values.ndim > 3:
        raise ValueError(data_text.too_many_axes(values.shape))
    return np.atleast_3d(values)
