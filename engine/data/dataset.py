"""What every data set is once loaded."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
from torch import Tensor

from engine import text
from engine.errors import DataError

# Enough for three digits of the means and deviations, at a fraction of a second.
SAMPLE_IMAGES = 10_000
SAMPLE_VALUES = 40_000_000


@dataclass(frozen=True, eq=False)
class Images:
    """Pixels (N, C, H, W) uint8 and labels (N,) int64, on the processor."""

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Two splits of equally large images.

    `mean` and `std` are those of the training pixels, one a channel, of values in 0..1. `notes`
    are sentences for the user about what was found while loading.
    """

    classes: tuple[str, ...]
    train: Images
    validation: Images
    validation_is_test: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...] = ()


def channel_statistics(pixels: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation a channel of pixels (N, C, H, W) uint8, in values of 0..1.

    Taken on every k-th image, so that it is quick for any number of them, and always the same.
    """
    wanted = min(SAMPLE_IMAGES, max(1, SAMPLE_VALUES // pixels[0].numel()))
    values = pixels[:: -(-len(pixels) // wanted)].float()
    mean = values.mean((0, 2, 3))
    variance = values.square_().mean((0, 2, 3)) - mean.square()
    # A channel that never changes must not divide by zero: one grey level is the least.
    std = variance.clamp(min=1.0).sqrt()
    return tuple((mean / 255).tolist()), tuple((std / 255).tolist())


def check_memory(count: int, channels: int, size: int) -> None:
    """Raises DataError where so many square images as uint8 exceed the free memory."""
    needed, free = count * channels * size**2, psutil.virtual_memory().available
    if needed > free:
        raise DataError(text.data_too_large(count, needed, free))
