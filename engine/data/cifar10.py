"""CIFAR-10: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

Read from the unpacked Python version, which torchvision also downloads: six pickles of 10,000
images, each with `data` (10,000, 3,072) uint8 in the order (C, H, W), and `labels`.
"""

from __future__ import annotations

import hashlib
import pickle
import warnings
from collections.abc import Generator, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from engine import catalog, text
from engine.data.dataset import Dataset, Images, channel_statistics, check_memory
from engine.errors import DataError
from engine.recipe import Recipe

FOLDER = "cifar-10-batches-py"
CHANNELS, SIDE = 3, 32

# File name and MD5, as torchvision has them too; the last one is the test split.
FILES: Mapping[str, str] = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
CHUNK = 500


def load(recipe: Recipe) -> Generator[float, None, Dataset]:
    """CIFAR-10; the test split validates. Raises DataError where it is missing or damaged."""
    facts = catalog.DATA["cifar10"]
    place = catalog.located(facts, recipe.data_dir)
    if place is None:
        places = catalog.data_places(recipe.data_dir)
        raise DataError(text.data_not_on_disk(facts.title, places, facts.source))
    batches = []
    for file, md5 in FILES.items():
        batches.append(unpickled(place / FOLDER / file, md5))
        yield len(batches) / len(FILES) / 2
    pixels = yield from resized([pixels for pixels, _ in batches], recipe.size)
    labels = torch.cat([labels for _, labels in batches])
    test = len(batches[-1][1])
    train = Images(pixels[:-test], labels[:-test])
    mean, std = channel_statistics(train.pixels)
    validation = Images(pixels[-test:], labels[-test:])
    return Dataset(facts.classes, train, validation, True, mean, std)


def unpickled(file: Path, md5: str) -> tuple[Tensor, Tensor]:
    """Pixels (N, 3, 32, 32) uint8 and labels (N,) int64 of one file.

    Only the published bytes are unpickled, since a pickle can run code. Raises DataError where
    the file is missing or has others.
    """
    facts = catalog.DATA["cifar10"]
    try:
        content = file.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise DataError(text.data_damaged(facts.title, file, why, facts.source)) from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DataError(text.data_damaged(facts.title, file, text.WRONG_CHECKSUM, facts.source))
    with warnings.catch_warnings():
        # The arrays of 2009 are spelt in a way that NumPy 2.4 deprecates.
        warnings.simplefilter("ignore")
        table = pickle.loads(content, encoding="latin1")
    pixels = torch.from_numpy(table["data"]).view(-1, CHANNELS, SIDE, SIDE)
    return pixels, torch.tensor(table["labels"])


def resized(parts: list[Tensor], size: int | str) -> Generator[float, None, Tensor]:
    """All parts as one tensor (N, 3, size, size) uint8; yields the second half of the fraction."""
    side = SIDE if isinstance(size, str) else size
    count = sum(len(part) for part in parts)
    check_memory(count, CHANNELS, side)
    pixels = torch.empty(count, CHANNELS, side, side, dtype=torch.uint8)
    done = 0
    for chunk in (chunk for part in parts for chunk in torch.split(part, CHUNK)):
        shape = (side, side)
        pixels[done : done + len(chunk)] = (
            chunk
            if side == SIDE
            else F.interpolate(chunk, shape, mode="bilinear", align_corners=False, antialias=True)
        )
        done += len(chunk)
        yield (1 + done / count) / 2
    return pixels
