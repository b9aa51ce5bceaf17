"""Chooses how values become 8 bits, for the images of a data set, from a sample. Loads no torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from engine.data import data_text
from engine.data.decoding.bands import band_values
from engine.data.decoding.rendering import (
    Rendering,
    Values,
    deep_values,
    is_transparent,
)
from engine.data.reading.format_choice import ImageHeader
from engine.data.stored.stored_image import StoredImage
from engine.recipes.recipe import Backdrop, Recipe

# The share in percent of the sampled values that are darker than black, and brighter than white.
OUTSIDE = 0.1
# So many values of an image are enough.
MOST_VALUES = 20_000
# The side to which images are reduced to see what shows on a backdrop.
LOOK_SIDE = 64
# Drawings show less contrast on white than on black by this factor where they are light.
LIGHT = 4


class ChosenRendering(NamedTuple):
    """How values become 8 bits, and sentences for the user about what was chosen."""

    rendering: Rendering
    notes: tuple[str, ...] = ()


def chosen_rendering(headers: Mapping[StoredImage, ImageHeader], recipe: Recipe) -> ChosenRendering:
    """The recipe's levels and backdrop, or those that suit a sample of images with such headers."""
    levels, backdrop, notes = recipe.levels, recipe.backdrop, []
    if levels == "auto":
        levels = _levels(_deep_samples(headers, recipe.bands))
    if backdrop == "auto":
        layers = list(_layers(image for image, header in headers.items() if header.transparent))
        backdrop = _backdrop(layers)
        notes += [data_text.backdrop_chosen(len(layers), len(headers), backdrop)] if layers else []
    notes += _told(headers)
    return ChosenRendering(Rendering(levels, backdrop, recipe.bands), tuple(notes))


def _told(headers: Mapping[StoredImage, ImageHeader]) -> Iterator[str]:
    """Sentences on images that differ in depth, or of which not all is read."""
    deep = [image.name for image, header in headers.items() if header.deep]
    if 0 < len(deep) < len(headers):
        yield data_text.mixed_depths(len(deep), len(headers), deep[0])
    if animated := [image.name for image, header in headers.items() if header.animated]:
        yield data_text.first_frames(len(animated), len(headers), animated[0])
    if cut := [image.name for image, header in headers.items() if header.cut]:
        yield data_text.cut_bands(len(cut), len(headers), cut[0])


def _deep_samples(
    headers: Mapping[StoredImage, ImageHeader], bands: tuple[int, ...]
) -> Iterator[Values]:
    """Finite values of each deep image."""
    for stored, header in headers.items():
        if header.deep:
            with contextlib.suppress(Exception):
                values = _deep_values(stored, bands).ravel()
                some = values[:: -(-values.size // MOST_VALUES)]
                yield some[np.isfinite(some)].astype(np.float64)


def _deep_values(stored: StoredImage, bands: tuple[int, ...]) -> Values:
    if bands:
        return band_values(stored, bands)
    with stored.open() as image:
        return deep_values(image)


def _levels(samples: Iterable[Values]) -> tuple[float, ...]:
    """The values of black and white, or none without samples."""
    found = [values for values in samples if values.size]
    if not found:
        return ()
    low, high = np.percentile(np.concatenate(found), (OUTSIDE, 100 - OUTSIDE)).tolist()
    return (low, high) if low < high else (low, low + 1)


def _layers(images: Iterable[StoredImage]) -> Iterator[Image.Image]:
    """Those of these images that are partly transparent, small and in RGBA."""
    for stored in images:
        with contextlib.suppress(Exception), stored.open() as image:
            layer = image.convert("RGBA")
            if is_transparent(layer):
                yield layer.resize((LOOK_SIDE, LOOK_SIDE), Image.Resampling.BOX)


def _backdrop(layers: Sequence[Image.Image]) -> Backdrop:
    """White, or black where drawings would hardly show on white."""
    on_white, on_black = (sum(_contrast(layer, one) for layer in layers) for one in (255, 0))
    return "black" if on_white * LIGHT < on_black else "white"


def _contrast(layer: Image.Image, backdrop: int) -> float:
    """The standard deviation of the brightness of an image on this backdrop."""
    canvas = Image.new("RGBA", layer.size, (backdrop, backdrop, backdrop, 255))
    canvas.alpha_composite(layer)
    return float(np.asarray(canvas.convert("L")).std())
