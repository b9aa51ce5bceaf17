"""The pictures of images whose label is doubtful, as the page of a report holds them."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from engine.data.base.dataset import Dataset, Images
from engine.data.base.image_digest import digest
from engine.data.decoding.image_format import ImageFormat
from engine.protocol.commands import ImageSplit
from engine.report import report_text
from engine.report.doubtful_labels import FirstSuspects
from engine.report.doubtful_pictures import SIDE, address, doubtful_pictures
from engine.suspicion.run_suspects import RunSuspects
from engine.suspicion.suspects import Suspect

RANDOM = np.random.default_rng(0)
TRAIN, VALIDATION = (
    Images(torch.from_numpy(RANDOM.integers(0, 256, (5, 1, 8, 8), np.uint8)), torch.arange(5))
    for _ in range(2)
)


def doubted(split: ImageSplit, of: str, *indices: int) -> FirstSuspects:
    """The suspects with these indices, in a list with this digest."""
    suspects = tuple(Suspect(index=index, given=0, held=1, score=1.0) for index in indices)
    first = RunSuspects(
        split=split,
        digest=of,
        classes=("a", "b"),
        epoch=1,
        suspects=suspects,
        first=len(suspects),
        left_out=0,
    )
    return FirstSuspects(first, len(indices), [str(index) for index in indices])


def dataset(train: Images = TRAIN) -> Dataset:
    return Dataset(
        ("a", "b"), train, VALIDATION, "separate", (0.5,), (0.5,), ImageFormat(1, 8), test=None
    )


def opened(shown: str) -> Image.Image:
    found = re.fullmatch("data:image/(?:png|jpeg);base64,(.*)", shown)
    assert found is not None
    return Image.open(io.BytesIO(base64.b64decode(found[1])))


def pixels(images: Images, index: int) -> Sequence[object]:
    return images.pixels[index, 0].tolist()


def test_each_split_shows_its_own_images_as_they_are() -> None:
    found = [
        doubted("training", digest(TRAIN), 3, 1),
        doubted("validation", digest(VALIDATION), 3),
    ]
    shown, lacking = doubtful_pictures(dataset(), found)
    assert ([*shown], lacking) == ([("training", 3), ("training", 1), ("validation", 3)], ())
    for (split, index), picture in shown.items():
        own = TRAIN if split == "training" else VALIDATION
        assert np.asarray(opened(picture)).tolist() == pixels(own, index)


def test_other_images_than_the_run_had_are_not_shown() -> None:
    found = [
        doubted("training", digest(VALIDATION), 3),
        doubted("validation", digest(VALIDATION), 3),
    ]
    shown, lacking = doubtful_pictures(dataset(), found)
    assert ([*shown], lacking) == ([("validation", 3)], (report_text.OTHER_TRAINING,))


def test_an_image_behind_the_last_one_is_not_shown() -> None:
    found = [doubted("training", digest(TRAIN), len(TRAIN))]
    assert doubtful_pictures(dataset(), found) == ({}, (report_text.OTHER_TRAINING,))


def test_an_image_that_cannot_be_read_is_not_shown_as_the_next_one() -> None:
    train = Images(TRAIN.pixels, TRAIN.labels, shown=torch.tensor([0, 1, 3, 3, 4]))
    shown, _ = doubtful_pictures(dataset(train), [doubted("training", digest(train), 2, 3)])
    assert shown["training", 2] == ""
    assert shown["training", 3]


def test_large_pictures_are_shrunk_to_few_bytes() -> None:
    smooth = np.add.outer(np.arange(400), np.arange(800)).astype(np.uint8)
    for channels in (1, 3):
        picture = address(np.stack([smooth] * channels))
        assert opened(picture).size == (SIDE, SIDE // 2)
        assert picture.startswith("data:image/jpeg")
        assert len(picture) < 8000
