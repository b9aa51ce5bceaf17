"""Small pictures of the images whose label is doubtful, as addresses that a page holds."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.data.base.dataset import Dataset, Split
from engine.data.base.image_digest import digest
from engine.protocol.commands import ImageSplit
from engine.report import report_text
from engine.report.doubtful_labels import FirstSuspects
from engine.report.doubtful_sheets import Pictures
from engine.report.picture_size import shrunk

# The most pixels of a side, and the quality of those that are shrunk to it.
SIDE, QUALITY = 128, 85
LACKING: Mapping[ImageSplit, str] = {
    "training": report_text.OTHER_TRAINING,
    "validation": report_text.OTHER_VALIDATION,
}


class DoubtfulPictures(NamedTuple):
    """The pictures that could be made, and sentences about those that could not."""

    pictures: Pictures
    lacking: tuple[str, ...]


def doubtful_pictures(dataset: Dataset, found: Iterable[FirstSuspects]) -> DoubtfulPictures:
    """Those of the images that the data still holds."""
    pictures = dict[tuple[ImageSplit, int], str]()
    lacking = list[str]()
    for first in (suspects.first for suspects in found):
        split = dataset.train if first.split == "training" else dataset.validation
        indices = [suspect.index for suspect in first.suspects]
        if digest(split) != first.digest or max(indices, default=0) >= len(split):
            lacking.append(LACKING[first.split])
            continue
        pictures |= {(first.split, index): _picture(split, index) for index in indices}
    return DoubtfulPictures(pictures, tuple(lacking))


def _picture(split: Split, index: int) -> str:
    """The picture of an image; empty where it cannot be read."""
    shown = split.readable(index)
    return "" if shown is None else address(shown.pixels.numpy())


def address(pixels: NDArray[np.uint8]) -> str:
    """Pixels (C, H, W) as an address `data:`.

    An image that is shrunk has lost its own pixels anyway, so a JPEG shows it in fewer bytes.
    """
    picture = Image.fromarray(shrunk(pixels, SIDE))
    written = io.BytesIO()
    kind = "jpeg" if max(pixels.shape[1:]) > SIDE else "png"
    picture.save(written, kind, quality=QUALITY)
    return f"data:image/{kind};base64,{base64.b64encode(written.getvalue()).decode()}"
