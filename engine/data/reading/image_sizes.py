"""Looks at the sizes of a sample of images. Loads no numpy, so that a command starts quickly."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from engine.data.stored.stored_image import LabelledImages

# Width and height in pixels.
Size: TypeAlias = tuple[int, int]

SAMPLE = 100


def sampled(images: LabelledImages) -> LabelledImages:
    """About a hundred evenly spread images."""
    return images[:: -(-len(images) // SAMPLE)]


def sizes_of(images: LabelledImages) -> Iterator[Size]:
    """The sizes of those of these images that are not broken, by their headers."""
    for stored, _ in images:
        with contextlib.suppress(Exception), stored.open() as image:
            yield image.size


def median_side(sizes: Iterable[Size]) -> int:
    """The median of the shorter sides in pixels of images of these sizes; 0 where there is none."""
    return statistics.median_low([min(size) for size in sizes] or [0])
