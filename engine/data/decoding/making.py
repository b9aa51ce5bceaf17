"""How images become pixels: what is kept of them, and what is cut from them. Loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from engine.data.decoding.canvas import Canvas
from engine.data.decoding.cropping import Cropping
from engine.data.stored.stored_image import StoredImage


class Store(Protocol):
    """Keeps decoded images: their canvases, or without canvases what the network sees, (C, H, W).

    Neither method raises.
    """

    def read(self, number: int) -> tuple[Canvas, float] | None:
        """A decoded image, and the share of its values outside the levels, if it is there."""

    def write(self, number: int, image: StoredImage, canvas: Canvas, outside: float) -> None:
        """Keep a decoded image, if that is possible."""


class Kept(NamedTuple):
    """Where N images are kept: the number of each in a store. A store that has gone is None."""

    store: Store | None
    numbers: Sequence[int]


class Crops(NamedTuple):
    """Random crops (C, size, size) of N images of a training set, which have these indices there.

    Seed, epoch and index decide how each is cropped.
    """

    cropping: Cropping
    size: int
    epoch: int
    indices: Sequence[int]


class Making(NamedTuple):
    """Where N images are kept, and how they are cropped. Without crops they are made as framed."""

    kept: Kept | None = None
    crops: Crops | None = None

    def part(self, start: int, end: int) -> Making:
        """The same for some of the images."""
        kept, crops = self
        if kept is not None:
            kept = kept._replace(numbers=kept.numbers[start:end])
        if crops is not None:
            crops = crops._replace(indices=crops.indices[start:end])
        return Making(kept, crops)


# Nothing is kept, and nothing cropped.
ANEW = Making()
