"""Finds deep images that are judged nearly black: their values are unlike those of the training.

A file of 16 bits may hold values of 12, and fractions may end at 0.01.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torch import Tensor

from engine.data.decoding.image_format import ImageFormat
from engine.data.decoding.rendering import is_deep
from engine.data.stored.stored_image import StoredImage
from engine.trained import trained_text

# Deep images whose brightest pixel is below this one of 255 use less than a quarter of the range.
DIM = 64


class DimImages:
    """Collects them while images are judged."""

    def __init__(self, image_format: ImageFormat) -> None:
        self._rendering = image_format.rendering
        self._brightest = 0
        self._files: list[str] = []

    def look(self, stored: StoredImage, file: str, pixels: Tensor) -> None:
        """Look at an image and its pixels (C, H, W) uint8. Only a dark one is opened again."""
        brightest = int(pixels.max())
        if brightest < DIM and not self._rendering.bands and _is_deep(stored):
            self._brightest = max(self._brightest, brightest)
            self._files.append(file)

    def notes(self) -> Iterator[str]:
        """A sentence where there are any."""
        if self._files:
            share = self._brightest / 255
            yield trained_text.dim_images(self._files, share, self._rendering.levels)


def _is_deep(stored: StoredImage) -> bool:
    with contextlib.suppress(Exception), stored.open() as image:
        return is_deep(image)
    return False
