"""What every data set is once loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from engine.data import data_text
from engine.data.decoding.decode import BROKEN, ImageFormat, decode
from engine.errors import DataError
from engine.machine import memory

# Enough for three digits of the means and deviations, at a fraction of a second.
SAMPLE_IMAGES = 10_000
SAMPLE_VALUES = 40_000_000
# A folder with so many broken images on end is not one with a few broken ones.
TRIES = 100

# What validates: the published test split, a share held out of the training images, or images
# that are there for it.
Validates: TypeAlias = Literal["test", "held out", "own"]


@dataclass(frozen=True, eq=False)
class Images:
    """Pixels (N, C, H, W) uint8 and labels (N,) int64, in memory.

    `names` are those of the files that they were decoded from, relative to the data folder; a
    published data set has none.
    """

    pixels: Tensor
    labels: Tensor
    names: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image, (C, H, W)."""
        return tuple(self.pixels.shape[1:])

    def one(self, index: int) -> tuple[Tensor, int]:
        """The pixels (C, H, W) and the label of one image."""
        return self.pixels[index], int(self.labels[index])

    def to(self, device: torch.device) -> Images:
        return Images(self.pixels.to(device), self.labels.to(device), self.names)


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Files on disk, each decoded when it is needed, and their labels (N,) int64."""

    path: Path
    files: Sequence[Path]
    labels: Tensor
    form: ImageFormat

    def __len__(self) -> int:
        return len(self.files)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image, (C, H, W)."""
        return self.form.shape

    @property
    def names(self) -> Sequence[str]:
        """The names of the files relative to the data folder."""
        return relative_names(self.files, self.path)

    def one(self, index: int) -> tuple[Tensor, int]:
        """The pixels (C, H, W) and the label of one image, or of the next that is not broken.

        Raises DataError where many on end are broken.
        """
        for place in range(index, index + TRIES):
            at = place % len(self)
            try:
                pixels = decode(self.files[at], self.form).copy()  # Pillow's may be read-only
                return torch.from_numpy(pixels), int(self.labels[at])
            except BROKEN:
                continue
        raise DataError(data_text.all_broken(TRIES, self.files[index % len(self)]))


Split: TypeAlias = Images | ImageFiles


@dataclass(frozen=True, eq=False)
class Dataset:
    """Two or three splits of equally large images.

    `mean` and `std` are those of the training pixels, one a channel, of values in 0..1. `test` is
    looked at once, after the training. `notes` are sentences for the user about what was found
    while loading. `frame` is the margin of the images in pixels, see `ImageFormat`.
    """

    classes: tuple[str, ...]
    train: Split
    validation: Split
    validates: Validates
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...] = ()
    test: Split | None = None
    frame: int = 0

    @property
    def loader(self) -> Literal["resident", "streaming"]:
        """Where the training images are: in memory, or on disk."""
        return "resident" if isinstance(self.train, Images) else "streaming"

    @property
    def bytes(self) -> int:
        """What the images that train and validate need as uint8."""
        return bytes_of(len(self.train) + len(self.validation), self.train.shape)

    @property
    def class_counts(self) -> tuple[int, ...]:
        """How many training images each class has."""
        return tuple(self.train.labels.bincount(minlength=len(self.classes)).tolist())


def relative_names(files: Iterable[Path], folder: Path) -> tuple[str, ...]:
    """The names of files below a folder, relative to it."""
    # Ten times as fast as Path.relative_to, which matters for a million files.
    start = len(str(folder / "_")) - 1
    return tuple(str(file)[start:] for file in files)


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


def bytes_of(count: int, shape: Sequence[int]) -> int:
    """What so many images of (C, H, W) need as uint8."""
    channels, height, width = shape
    return count * channels * height * width


def check_memory(count: int, channels: int, size: int) -> None:
    """Raises DataError where so many square images as uint8 exceed the free memory."""
    needed, free = bytes_of(count, (channels, size, size)), memory.free()
    if needed > free:
        raise DataError(data_text.data_too_large(count, needed, free))
