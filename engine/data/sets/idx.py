"""MNIST and Fashion-MNIST, in the format of the MNIST database.

Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", 1998; H. Xiao,
K. Rasul and R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747. An IDX file is two zero bytes, a type
(8 = uint8), the number of dimensions, each dimension as a big-endian 32-bit number, the values.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Generator, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.catalog import datasets
from engine.data import data_text
from engine.data.base.dataset import Dataset, Images
from engine.data.reading.format_choice import FRAME, FRAMED_SIDE
from engine.data.sets.published_arrays import assemble_dataset, find_folder
from engine.errors import DataError
from engine.recipes.recipe import Recipe

UINT8 = 8

# Both sets have files of the same names and sizes, so these tell them apart.
FIRST_LABELS: Mapping[str, tuple[int, ...]] = {
    "mnist": (5, 0, 4, 1, 9, 2, 1, 3, 1, 4),
    "fashion-mnist": (9, 0, 0, 3, 0, 2, 7, 2, 5, 5),
}


def load(recipe: Recipe) -> Generator[float, None, Dataset]:
    """MNIST or Fashion-MNIST, with a margin up to 32 pixels unless the recipe has another size.

    Raises DataError where the data is missing, damaged or of another set.
    """
    facts = datasets.DATASETS[recipe.data]
    folder = find_folder(facts, recipe)
    arrays = []
    for name in facts.files:
        arrays.append(read(folder, name, facts.title))
        yield len(arrays) / len(facts.files) / 2
    first = FIRST_LABELS[recipe.data]
    if tuple(arrays[1][: len(first)].tolist()) != first:
        raise DataError(data_text.another_set(facts.title, folder))
    frame = FRAME if recipe.size in ("auto", FRAMED_SIDE + 2 * FRAME) else 0
    train = images(arrays[0], arrays[1], frame)
    test = images(arrays[2], arrays[3], frame)
    return (yield from assemble_dataset(facts.classes, train, test, "test", recipe, frame))


def images(pixels: Tensor, labels: Tensor, frame: int) -> Images:
    """Pixels (N, 28, 28) with a channel axis and a margin of `frame` pixels."""
    return Images(F.pad(pixels[:, None], (frame, frame, frame, frame)), labels.long())


def read(folder: Path, name: str, title: str) -> Tensor:
    """The values of a file, gzipped or not, as uint8. Raises DataError where it is damaged."""
    file = datasets.file_in(folder, name) or folder / name
    try:
        content = file.read_bytes()
        return parsed(gzip.decompress(content) if file.suffix == ".gz" else content)
    except (OSError, EOFError, zlib.error, ValueError, struct.error) as error:
        raise DataError(data_text.data_damaged(title, file, str(error))) from error


def parsed(content: bytes) -> Tensor:
    """The values of an IDX file. Raises ValueError or struct.error for any other content."""
    zero, kind, dimensions = struct.unpack_from(">HBB", content)
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    start = 4 + 4 * dimensions
    if (zero, kind) != (0, UINT8) or len(content) != start + math.prod(shape):
        raise ValueError(data_text.NOT_WHOLE)
    return torch.frombuffer(bytearray(content[start:]), dtype=torch.uint8).view(shape)
