"""The shape of a data set, which a model is built for."""

from __future__ import annotations

from typing import NamedTuple

# Up to this side in pixels, an architecture made for ImageNet has a form of its own.
LARGEST_SMALL_IMAGE = 64


class DataShape(NamedTuple):
    """Images (N, channels, size, size) of 1 or 3 channels, and the number of their classes."""

    channels: int
    size: int
    classes: int

    @property
    def small(self) -> bool:
        """Whether the images are small.

        The first layers of an architecture made for ImageNet would leave next to nothing of them.
        """
        return self.size <= LARGEST_SMALL_IMAGE
