"""CIFAR: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

Read from the unpacked Python versions, which torchvision also downloads: pickles with `data`
(N, 3,072) uint8 in the order (C, H, W), and `labels`, or `fine_labels` where there are 100.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Generator, Mapping

import torch

from engine.catalog import datasets
from engine.data.base.dataset import Dataset, Images
from engine.data.sets.published_arrays import assemble_dataset, find_folder, read_published
from engine.recipes.recipe import Recipe

SHAPE = (3, 32, 32)

# The MD5 of each file, as in torchvision; the last file is the test split.
FILES: Mapping[str, Mapping[str, str]] = {
    "cifar10": {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    },
    "cifar100": {
        "train": "16019d7e3df5f24257cddd939b257f8d",
        "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
    },
}


def load(recipe: Recipe) -> Generator[float, None, Dataset]:
    """CIFAR-10 or CIFAR-100. Raises DataError where it is missing or damaged."""
    facts = datasets.DATASETS[recipe.data]
    folder = find_folder(facts, recipe)
    files = FILES[recipe.data]
    parts = []
    for name, md5 in files.items():
        parts.append(unpickled(read_published(folder / name, md5, facts.title)))
        yield len(parts) / len(files) / 2
    train = Images(
        torch.cat([part.pixels for part in parts[:-1]]),
        torch.cat([part.labels for part in parts[:-1]]),
    )
    return (yield from assemble_dataset(facts.classes, train, parts[-1], "test", recipe))


def unpickled(content: bytes) -> Images:
    """The images of one file. Its checksum must have been verified: a pickle can run code."""
    with warnings.catch_warnings():
        # NumPy 2.4 deprecates the way in which the arrays of 2009 are pickled.
        warnings.simplefilter("ignore")
        table = pickle.loads(content, encoding="latin1")
    labels = table["labels"] if "labels" in table else table["fine_labels"]
    return Images(torch.from_numpy(table["data"]).view(-1, *SHAPE), torch.tensor(labels))
