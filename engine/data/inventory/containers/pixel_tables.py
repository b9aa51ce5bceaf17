"""Tables of pixels in CSV files: a row for each image, with its label. Converted once to arrays.

Either every pixel has its column, as in MNIST on Kaggle (`label,pixel0,…`), or one column has all
of them, as in FER2013 (`emotion,pixels,Usage`: I. Goodfellow et al., arXiv:1307.0414). The three
colours of a pixel stand together, as in HAM10000 (P. Tschandl et al., arXiv:1803.10417).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from engine import text
from engine.data.inventory import inventory_text
from engine.data.inventory.containers import container_text
from engine.data.inventory.containers.array_names import SPLITS, split_or_train
from engine.data.inventory.containers.folder_files import file_names
from engine.data.inventory.containers.labelled_items import SplitItems
from engine.data.inventory.containers.labelled_rows import RowSet, labelled_rows
from engine.data.inventory.containers.npy_arrays import read_npy
from engine.data.inventory.containers.table_conversion import LABELS, PIXELS, USAGE, convert
from engine.data.inventory.containers.table_form import TableForm, form_of
from engine.data.inventory.kept_copies import kept_copy
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.stored.array_row import WHITE, PixelRows
from engine.errors import DataError
from engine.recipes.recipe import Recipe

SUFFIXES = (".csv", ".tsv")
# FER2013's names of its splits.
USAGES: dict[str, SplitName] = {
    **SPLITS,
    "publictest": "validation",
    "privatetest": "test",
}


def recognises(path: Path) -> bool:
    """Whether this is a table of pixels, or a folder with one for training."""
    return any(split == "train" for _, _, split in _tables(path))


def read(path: Path, _recipe: Recipe) -> RowSet:
    """The images of all tables. Raises DataError where one is damaged."""
    parts = [part for table in _tables(path) for part in _parts(*table)]
    return RowSet(str(path), container_text.PIXEL_TABLE, parts)


def check(path: Path, _recipe: Recipe) -> None:
    """Check the first lines of the tables. Raises DataError where there are no labels."""
    for file, form, split in _tables(path):
        if split == "train" and form.label is None:
            raise DataError(container_text.no_label_column(file))


def _tables(path: Path) -> list[tuple[Path, TableForm, SplitName]]:
    """The tables of pixels: this one, or those of a folder by the splits in their names."""
    files = [path / name for name in file_names(path)] if path.is_dir() else [path]
    found = []
    for file in files:
        if not file.name.lower().endswith(SUFFIXES):
            continue
        try:
            form = form_of(file)
        except OSError as error:
            raise DataError(inventory_text.damaged(file, text.reason(error))) from error
        if form is not None:
            found.append((file, form, split_or_train(file.stem) if path.is_dir() else "train"))
    return found


def _parts(file: Path, form: TableForm, split: SplitName) -> list[SplitItems]:
    copy = kept_copy(file, "table", partial(convert, file, form))
    (pixels,) = read_npy(copy / PIXELS)
    rows = PixelRows(file.name, pixels.file(), form.shape.row, form.shape.axes, WHITE)
    labels = None
    if form.label is not None:
        labels = np.asarray(read_npy(copy / LABELS)[0].file().values())
    parts = []
    for each, indices in _splits(file, form, copy, split, pixels.shape[0]):
        known = None if labels is None else labels[indices]
        parts.append(labelled_rows(each, rows, indices, known))
    return parts


def _splits(
    file: Path, form: TableForm, copy: Path, split: SplitName, count: int
) -> list[tuple[SplitName, Sequence[int]]]:
    """The rows of each split. Raises DataError for words that name no split."""
    if form.usage is None:
        return [(split, range(count))]
    usage = np.char.lower(np.asarray(read_npy(copy / USAGE)[0].file().values()))
    if unknown := sorted({*usage.tolist()} - {*USAGES}):
        raise DataError(
            container_text.unknown_usage(file, unknown, [*dict.fromkeys(USAGES.values())])
        )
    meant = [USAGES[word] for word in usage.tolist()]
    return [
        (each, [row for row, split in enumerate(meant) if split == each])
        for each in dict.fromkeys(meant)
    ]
