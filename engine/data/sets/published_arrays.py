"""Finds, resizes and splits data sets that are published as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional as F

from engine import text
from engine.catalog import datasets
from engine.catalog.datasets import DatasetFacts
from engine.data import data_text
from engine.data.base.dataset import (
    Dataset,
    Images,
    channel_statistics,
    check_memory,
)
from engine.data.base.part_names import PartNames
from engine.data.decoding.image_format import ImageFormat
from engine.data.inventory.validation_source import ValidationSource
from engine.data.sets.decided_splits import Splits, decided_splits
from engine.data.sets.holdout import split_held_out
from engine.errors import DataError
from engine.recipes.recipe import Recipe

CHUNK = 500
# The part that a data set of one part only holds out itself.
HELD = "validation"


def find_folder(facts: DatasetFacts, recipe: Recipe) -> Path:
    """The folder that holds the files of this data set. Raises DataError where there is none."""
    folder = datasets.folder_of(facts, recipe.data_dir)
    if folder is None:
        folders = datasets.data_folders(recipe.data_dir)
        urls = [download.urls[0] for download in facts.downloads]
        raise DataError(data_text.data_not_on_disk(facts.key, facts.title, folders, urls))
    return folder


def read_published(file: Path, md5: str, title: str) -> bytes:
    """The content of a published file. Raises DataError where it is missing or its MD5 differs."""
    try:
        content = file.read_bytes()
    except OSError as error:
        why = text.reason(error)
        raise DataError(data_text.data_damaged(title, file, why)) from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DataError(data_text.data_damaged(title, file, data_text.WRONG_CHECKSUM))
    return content


def assemble_dataset(
    classes: tuple[str, ...],
    train: Images,
    other: Images,
    validates: ValidationSource,
    recipe: Recipe,
    frame: int = 0,
) -> Generator[float, None, Dataset]:
    """Assemble a data set from two splits of one size, yielding fractions from 0.5 to 1.

    The other split is for validation, and `validates` names its source. If the recipe holds out a
    share of the training images, that share is for validation instead, and the other split is
    evaluated at the end.
    """
    train, other = yield from resize_splits(train, other, recipe.size)
    channels, size, _ = train.shape
    form = ImageFormat(channels, size, frame, fit=recipe.fit, crop_pct=recipe.crop_pct)
    train, other = named(train, "train"), named(other, "test" if validates == "test" else HELD)
    splits = Splits(train, other)
    if recipe.holdout:
        train, held = split_held_out(train, recipe.holdout, recipe.seed)
        splits, validates = Splits(train, held, other), "held out"
    splits, counts = decided_splits(splits, recipe, classes)
    mean, std = channel_statistics(splits.train.pixels)
    train, validation, test = splits
    return Dataset(
        classes, train, validation, validates, mean, std, form, test=test, decided=counts
    )


def named(images: Images, part: str) -> Images:
    """The images of a whole part of a data set, with their names."""
    return replace(images, parts=PartNames(part, torch.arange(len(images))))


def resize_splits(
    train: Images, test: Images, size: int | str
) -> Generator[float, None, tuple[Images, Images]]:
    """Both splits as (N, C, size, size); "auto" keeps their size."""
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
