"""The embedded data set: 1,797 handwritten digits of 8×8 pixels.

E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, https://doi.org/10.24432/C50P49, licensed CC BY 4.0. The file holds the test
part of it, which scikit-learn also ships: a row is 64 values from 0 to 16, then the label.
"""

from __future__ import annotations

import gzip
from collections.abc import Generator
from importlib import resources

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.catalog import datasets
from engine.data.base.dataset import Dataset, Images
from engine.data.sets.published_arrays import assemble_dataset
from engine.recipes.recipe import Recipe

SIDE = 8
BRIGHTEST = 16
HOLD_OUT = 5


def load(recipe: Recipe) -> Generator[float, None, Dataset]:
    """The digits, enlarged; every fifth image of each class is held out."""
    facts = datasets.DATASETS["digits"]
    values, labels = read()
    yield 0.5
    pixels = enlarged(values, facts.size if recipe.size == "auto" else recipe.size)
    out = held_out(labels)
    train, held = Images(pixels[~out], labels[~out]), Images(pixels[out], labels[out])
    return (yield from assemble_dataset(facts.classes, train, held, "held out", recipe))


def read() -> tuple[Tensor, Tensor]:
    """Values (N, 1, 8, 8) from 0 to 16 as float32, and labels (N,) int64."""
    packed = resources.files("engine.data.sets").joinpath("digits.csv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    table = torch.tensor([[int(value) for value in line.split(",")] for line in lines])
    return table[:, :-1].float().view(-1, 1, SIDE, SIDE), table[:, -1]


def enlarged(values: Tensor, size: int) -> Tensor:
    """Values (N, 1, 8, 8) from 0 to 16 as pixels (N, 1, size, size) uint8 from 0 to 255."""
    larger = F.interpolate(values, size=(size, size), mode="bilinear", align_corners=False)
    return (larger * (255 / BRIGHTEST)).round().to(torch.uint8)


def held_out(labels: Tensor) -> Tensor:
    """Which images are held out, (N,) bool: the fifth, tenth, … of each class."""
    one_hot = F.one_hot(labels)
    ordinal = (one_hot.cumsum(0) * one_hot).sum(1)  # counts from 1 within the class
    return ordinal % HOLD_OUT == 0
