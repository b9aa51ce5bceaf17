"""Data sets that are published as arrays: found, brought to one size, and split."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path

import torch
from torch.nn import functional as F

from engine import text
from engine.catalog import datasets
from engine.catalog.datasets import DataSet
from engine.data import data_text
from engine.data.base.dataset import Dataset, Images, Validates, channel_statistics, check_memory
from engine.data.sets.holdout import parted
from engine.errors import DataError
from engine.recipes.recipe import Recipe

CHUNK = 500


def folder_of(facts: DataSet, recipe: Recipe) -> Path:
    """The folder that holds the files of this set. Raises DataError where there is none."""
    folder = datasets.located(facts, recipe.data_dir)
    if folder is None:
        places = datasets.data_places(recipe.data_dir)
        urls = [download.urls[0] for download in facts.downloads]
        raise DataError(data_text.data_not_on_disk(facts.title, places, urls))
    return folder


def published(file: Path, md5: str, title: str) -> bytes:
    """The content of a file. Raises DataError where it is missing or not as it was published."""
    try:
        content = file.read_bytes()
    except OSError as error:
        why = text.reason(error)
        raise DataError(data_text.data_damaged(title, file, why)) from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DataError(data_text.data_damaged(title, file, data_text.WRONG_CHECKSUM))
    return content


def assembled(
    classes: tuple[str, ...],
    train: Images,
    other: Images,
    validates: Validates,
    recipe: Recipe,
    frame: int = 0,
) -> Generator[float, None, Dataset]:
    """The data set of two splits of one native size, yielding the second half of the fraction.

    The other split is what `validates` says and validates; but where the recipe holds out a share
    of the training images, that share validates, and the other split is for the end.
    """
    train, other = yield from resized(train, other, recipe.size)
    if not recipe.holdout:
        mean, std = channel_statistics(train.pixels)
        return Dataset(classes, train, other, validates, mean, std, frame=frame)
    train, held = parted(train, recipe.holdout, recipe.seed)
    mean, std = channel_statistics(train.pixels)
    return Dataset(classes, train, held, "held out", mean, std, test=other, frame=frame)


def resized(
    train: Images, test: Images, size: int | str
) -> Generator[float, None, tuple[Images, Images]]:
    """Both splits as (N, C, size, size); "auto" leaves them as they are."""
    channels, native, _ = train.shape
    side = native if isinstance(size, str) else size
    total = len(train) + len(test)
    check_memory(total, channels, side)
    if side == native:
        return train, test
    pixels = torch.empty(total, channels, side, side, dtype=torch.uint8)
    done = 0
    for split in (train, test):
        for chunk in torch.split(split.pixels, CHUNK):
            pixels[done : done + len(chunk)] = F.interpolate(
                chunk, (side, side), mode="bilinear", align_corners=False, antialias=True
            )
            done += len(chunk)
            yield (1 + done / total) / 2
    count = len(train)
    return Images(pixels[:count], train.labels), Images(pixels[count:], test.labels)
