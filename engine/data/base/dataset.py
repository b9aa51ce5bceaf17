"""A data set, loaded: its splits of images, in memory or on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor

from engine.data import data_text
from engine.data.base.part_names import PartNames
from engine.data.cache.image_slots import ImageSlots
from engine.data.decoding.decode import decode_all
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.decoding.making import Crops, Making
from engine.data.inventory.decided_text import Decided
from engine.data.inventory.validation_source import ValidationSource
from engine.data.stored.stored_image import StoredImage
from engine.errors import DataError
from engine.machine import memory
from engine.run import judgements

# Enough for three digits of the means and standard deviations, in a fraction of a second.
SAMPLE_IMAGES = 10_000
SAMPLE_VALUES = 40_000_000
# The standard deviation of images that are all black or all white: one grey level.
LEAST_CONTRAST = 1.01 / 255
# This many broken images in a row mean that the folder is broken or gone.
MOST_BROKEN_IN_A_ROW = 100
# The label, in an evaluation, of an image that cannot be read; it is left out.
LEFT_OUT = judgements.LEFT_OUT


class ShownImage(NamedTuple):
    """Pixels (C, H, W) uint8 of an image, its label, its index in its split, and its name."""

    pixels: Tensor
    label: int
    at: int
    name: str


@dataclass(frozen=True, eq=False)
class Images:
    """Pixels (N, C, H, W) uint8 and labels (N,) int64, in memory.

    `stored` is where they were read from. A published data set does not say that, but it has
    `parts`. `shown` (N,) int64 has, for each index, that of the image whose pixels are there: where
    an image cannot be read, the next one that can. It is None where all can be read.
    """

    pixels: Tensor
    labels: Tensor
    stored: Sequence[StoredImage] = ()
    shown: Tensor | None = None
    parts: PartNames | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image, (C, H, W)."""
        return tuple(self.pixels.shape[1:])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the images in the data set, if it says where they were read from."""
        return tuple(image.name for image in self.stored)

    @property
    def evaluated_labels(self) -> Tensor:
        """The labels (N,), with `LEFT_OUT` for images that cannot be read."""
        if self.shown is None:
            return self.labels
        own = self.shown == torch.arange(len(self), device=self.shown.device)
        return self.labels.where(own, LEFT_OUT)

    def one(self, index: int) -> ShownImage:
        """One image, or the next one that can be read."""
        at = index if self.shown is None else int(self.shown[index])
        of_part = self.parts.at(at) if self.parts is not None else ""
        name = self.stored[at].name if self.stored else of_part
        return ShownImage(self.pixels[at], int(self.labels[at]), at, name)

    def readable(self, index: int) -> ShownImage | None:
        """One image, or None where it cannot be read."""
        image = self.one(index)
        return image if image.at == index else None

    def to(self, device: torch.device) -> Images:
        shown = None if self.shown is None else self.shown.to(device)
        return replace(
            self, pixels=self.pixels.to(device), labels=self.labels.to(device), shown=shown
        )


@dataclass(frozen=True, eq=False)
class StoredImages:
    """Images on disk, decoded when they are needed, and their labels (N,) int64.

    `place` is the path or name of their data set. `broken` notes images that were found broken, and
    why. `one` does not open them again, since some crash the process that does. Where more than
    `most_in_a_row` are broken, they are probably not the cause. `slots` are where they are kept
    decoded, if they are.
    """

    place: str
    stored: Sequence[StoredImage]
    labels: Tensor
    image_format: ImageFormat
    broken: dict[StoredImage, str] = field(default_factory=dict)
    most_in_a_row: int = MOST_BROKEN_IN_A_ROW
    slots: ImageSlots | None = None

    def __len__(self) -> int:
        return len(self.stored)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image, (C, H, W)."""
        return self.image_format.shape

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the images in the data set."""
        return tuple(image.name for image in self.stored)

    def one(self, index: int) -> ShownImage:
        """One image, or the next one that is not broken.

        Raises DataError where many in a row are broken.
        """
        pixels = self._room_for_one()
        return self._shown(pixels, self.first_decoded(index, partial(self._decode, pixels)))

    def readable(self, index: int) -> ShownImage | None:
        """One image, or None where it is broken. Threads may read several."""
        pixels = self._room_for_one()
        is_broken = self.stored[index] in self.broken or self._decode(pixels, index)
        return None if is_broken else self._shown(pixels, index)

    def _room_for_one(self) -> Pixels:
        return np.empty((1, *self.shape), np.uint8)

    def _decode(self, pixels: Pixels, at: int) -> str:
        """Decode an image into pixels (1, C, H, W); returns why it is broken, else nothing."""
        image, making = self.stored[at], self.making([at])
        return decode_all([image], self.image_format, pixels, making=making).get(0, "")

    def _shown(self, pixels: Pixels, at: int) -> ShownImage:
        name = self.stored[at].name
        return ShownImage(torch.from_numpy(pixels[0]), int(self.labels[at]), at, name)

    def making(self, indices: Sequence[int], crops: Crops | None = None) -> Making:
        """How the images with these indices become pixels."""
        return Making(self.slots and self.slots.kept(indices), crops)

    def first_decoded(self, index: int, decode: Callable[[int], str]) -> int:
        """The index of the first image from this one on that is not broken.

        `decode` decodes the image with an index, and returns why it is broken, else nothing. Raises
        DataError where many in a row are broken.
        """
        broken: dict[str, str] = {}
        for position in range(index, index + self._most_in_a_row):
            at = position % len(self)
            image = self.stored[at]
            if not (why := self.broken.get(image) or decode(at)):
                return at
            broken[image.name] = why
        raise DataError(data_text.all_broken(self.place, broken))

    def check_broken_in_a_row(self, index: int) -> None:
        """Raise DataError where this image and many before it are known to be broken."""
        row = self.stored[max(0, index + 1 - self._most_in_a_row) : index + 1]
        if len(row) == self._most_in_a_row and all(image in self.broken for image in row):
            broken = {image.name: self.broken[image] for image in row}
            raise DataError(data_text.all_broken(self.place, broken))

    @property
    def _most_in_a_row(self) -> int:
        return min(len(self), self.most_in_a_row)


Split: TypeAlias = Images | StoredImages


@dataclass(frozen=True, eq=False)
class Dataset:
    """Two or three splits of images of one format.

    `mean` and `std` normalise the pixels, one for each channel, for values in 0..1: those of the
    training pixels, or what the weights that the run starts from were trained with.
    `test` is evaluated once, after the training. `notes` are sentences for the user about problems
    found while loading, `remarks` about what is only good to know. `layout` says in words how the
    files were understood, and `sampled_sizes` are the widths and heights of some images where they
    lie, if that is known. `constant` says that each training image is of one colour.
    `decided` counts what a person's decisions on labels have changed.
    """

    classes: tuple[str, ...]
    train: Split
    validation: Split
    validates: ValidationSource
    mean: tuple[float, ...]
    std: tuple[float, ...]
    image_format: ImageFormat
    notes: tuple[str, ...] = ()
    test: Split | None = None
    layout: str = ""
    sampled_sizes: tuple[tuple[int, int], ...] = ()
    constant: bool = False
    remarks: tuple[str, ...] = ()
    decided: Decided | None = None

    @property
    def loader(self) -> Literal["resident", "streaming"]:
        """Where the training images are: in memory, or on disk."""
        return "resident" if isinstance(self.train, Images) else "streaming"

    @property
    def is_kept(self) -> bool:
        """Whether streamed images are kept decoded."""
        return isinstance(self.train, StoredImages) and self.train.slots is not None

    @property
    def shows_nothing(self) -> bool:
        """Whether all training images are alike: of one colour, or each so in files of many levels.

        A file of more than 8 bits is a measurement, in which no image has one value throughout.
        """
        levels = self.image_format.rendering.levels
        return self.constant and (max(self.std) <= LEAST_CONTRAST or bool(levels))

    @property
    def bytes(self) -> int:
        """Bytes that the training and validation images need as uint8."""
        return bytes_of(len(self.train) + len(self.validation), self.train.shape)

    @property
    def class_counts(self) -> tuple[int, ...]:
        """The number of training images of each class."""
        return tuple(self.train.labels.bincount(minlength=len(self.classes)).tolist())


def channel_statistics(pixels: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel of pixels (N, C, H, W) uint8, scaled to 0..1.

    Uses every k-th image, which is quick for any number of images and always gives the same.
    """
    wanted = min(SAMPLE_IMAGES, max(1, SAMPLE_VALUES // pixels[0].numel()))
    values = pixels[:: -(-len(pixels) // wanted)].float()
    mean = values.mean((0, 2, 3))
    variance = values.square_().mean((0, 2, 3)) - mean.square()
    # At least one grey level, so that a constant channel does not cause a division by zero.
    std = variance.clamp(min=1.0).sqrt()
    return tuple((mean / 255).tolist()), tuple((std / 255).tolist())


def all_constant(pixels: Tensor) -> bool:
    """Whether each of these images (N, C, H, W) is of one colour, if there are any."""
    for some in torch.split(pixels, SAMPLE_IMAGES // 10):
        if not some.flatten(2).eq(some[:, :, :1, 0]).all():
            return False
    return len(pixels) > 0


def bytes_of(count: int, shape: Sequence[int]) -> int:
    """Bytes that `count` images of shape (C, H, W) need as uint8."""
    channels, height, width = shape
    return count * channels * height * width


def check_memory(count: int, channels: int, size: int) -> None:
    """Raise DataError where `count` square images as uint8 exceed the free memory."""
    needed, free = bytes_of(count, (channels, size, size)), memory.free_bytes()
    if needed > free:
        fitting = int(size * (free / needed) ** 0.5)
        raise DataError(data_text.data_too_large(count, needed, free, fitting))
