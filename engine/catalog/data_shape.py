"""The shape of the data that a model is built for."""

from __future__ import annotations

from typing import NamedTuple

# Up to this side in pixels, an architecture made for ImageNet is built in a form of its own.
LARGEST_SMALL_IMAGE = 64


class DataShape(NamedTuple):
    """Images (N, channels, size, size) of 1 or 3 channels, and the number of their classes."""

    channels: int
    size: int
    classes: int

    @property
    def small(self) -> bool:
        """Whether the images are too small for the first layers of an ImageNet architecture.

        Those layers would shrink the images to almost nothing.
        """
        return self.size <= LARGEST_SMALL_IMAGE
