"""SVHN: Y. Netzer et al., "Reading digits in natural images with unsupervised feature learning",
NIPS workshop on deep learning, 2011; the version with cropped digits of 32×32 pixels.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch

from engine.catalog import datasets
from engine.data.base.dataset import Dataset, Images
from engine.data.sets import mat
from engine.data.sets.published_arrays import assemble_dataset, find_folder, read_published
from engine.recipes.recipe import Recipe


def load(recipe: Recipe) -> Generator[float, None, Dataset]:
    """SVHN; its extra images are left out. Raises DataError where it is missing or damaged."""
    facts = datasets.DATASETS["svhn"]
    folder = find_folder(facts, recipe)
    splits = []
    for file in facts.downloads:
        splits.append(images(read_published(folder / file.path, file.md5, facts.title)))
        yield len(splits) / len(facts.downloads) / 2
    train, test = splits
    return (yield from assemble_dataset(facts.classes, train, test, "test", recipe))


def images(content: bytes) -> Images:
    """The images of one file, where X is (32, 32, 3, N) and y (N, 1); 10 stands for the digit 0."""
    found = mat.arrays(content)
    pixels = np.ascontiguousarray(found["X"].transpose(3, 2, 0, 1))
    labels = found["y"].astype(np.int64).flatten() % 10
    return Images(torch.from_numpy(pixels), torch.from_numpy(labels))
