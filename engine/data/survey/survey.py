"""What was found in a data set, as plain values that another process can print or draw."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from engine.data.inventory.validation_source import ValidationSource
from engine.protocol.answers import Answer, Progress
from engine.protocol.events import Sample
from engine.recipes.recipe import Fit

# Width and height in pixels.
Size: TypeAlias = tuple[int, int]


class SplitCounts(msgspec.Struct, frozen=True):
    """The images of a split, and how many of them each class has."""

    name: str
    images: int
    of_class: tuple[int, ...]


class Reason(msgspec.Struct, frozen=True):
    """Files that are left out or broken for one reason, with the names of the first ones."""

    why: str
    count: int
    examples: tuple[str, ...]


class SizeCount(msgspec.Struct, frozen=True):
    size: Size
    images: int


class Sizes(msgspec.Struct, frozen=True):
    """The sizes of the images: the most frequent ones, how many differ, and their range by area.

    `median` has the median width and the median height.
    """

    common: tuple[SizeCount, ...]
    different: int
    smallest: Size
    median: Size
    largest: Size


class Seen(msgspec.Struct, frozen=True):
    """What the network sees of the images: (channels, size, size), with a margin of `frame` pixels.

    `cut` is the share of the area that is cut off on average, `most_cut` that of the image that
    loses most. So many images are `enlarged`. `fit` and `crop_pct` are those of a recipe.
    """

    channels: int
    size: int
    frame: int
    cut: float
    most_cut: float
    enlarged: int
    fit: Fit
    crop_pct: float


class Survey(Answer, frozen=True):
    """What a data set holds, by names and headers alone.

    `sizes` is None where no header can be read. `broken` are images without a readable header.
    `decided` is the sentence that counts decisions on labels, empty where there are none.
    """

    place: str
    layout: str
    classes: tuple[str, ...]
    splits: tuple[SplitCounts, ...]
    validates: ValidationSource
    unlabelled: int
    skipped: tuple[Reason, ...]
    broken: tuple[Reason, ...]
    sizes: Sizes | None
    modes: tuple[tuple[str, int], ...]
    seen: Seen
    notes: tuple[str, ...]
    decided: str = ""

    @property
    def images(self) -> int:
        return sum(split.images for split in self.splits)


class ContactSheet(Answer, frozen=True):
    """An image of each of the first classes, upright and cut as for the network."""

    samples: tuple[Sample, ...]


class Place(msgspec.Struct, frozen=True):
    """Where an image is: its name, the name of its class, and its split."""

    name: str
    label: str
    split: str


class Near(msgspec.Struct, frozen=True):
    """Two images that look alike; their hashes differ in so many bits of 64."""

    first: Place
    second: Place
    bits: int


class Findings(Answer, frozen=True):
    """What the pixels of all images tell.

    `twice` are groups of images with the same pixels. `leaks` are images for evaluation, each with
    an image for training that has the same pixels. `broken` are images with a readable header that
    cannot be decoded. `near` is None where it was not looked for.
    """

    images: int
    twice: tuple[tuple[Place, ...], ...]
    leaks: tuple[tuple[Place, Place], ...]
    constant: tuple[Place, ...]
    broken: tuple[tuple[Place, str], ...]
    near: tuple[Near, ...] | None = None

    @property
    def other_labels(self) -> tuple[tuple[Place, ...], ...]:
        """The groups of equal images that have several classes."""
        return tuple(group for group in self.twice if len({each.label for each in group}) > 1)


class FileRow(msgspec.Struct, frozen=True):
    """A file with its class, its split, and what was found: `ok`, or what is wrong."""

    file: str
    label: str
    split: str
    verdict: str


class FileRows(Answer, frozen=True):
    """Some files of a data set, in order."""

    rows: tuple[FileRow, ...]


Message: TypeAlias = Survey | ContactSheet | Findings | FileRows | Progress

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder[Message](Message)


def encode(message: Message) -> bytes:
    """The message as a line of JSON, without its end."""
    return _encoder.encode(message)


def decode(line: bytes) -> Message:
    """Raises MsgspecError for what is no message."""
    return _decoder.decode(line)
