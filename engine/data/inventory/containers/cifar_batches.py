"""CIFAR-10 and CIFAR-100 as published, in binary form and in that of Python, in any folder.

A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009. A binary record has a
label of one byte, in CIFAR-100 a coarse and a fine one, and 3,072 bytes (C, H, W). A pickle has
`data` (N, 3,072) and `labels` or `fine_labels`; it is unpickled once, see `kept_copies`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from engine import regular_files, text
from engine.data.inventory import inventory_text
from engine.data.inventory.containers import container_text
from engine.data.inventory.containers.folder_files import file_names
from engine.data.inventory.containers.found_array import FoundArray
from engine.data.inventory.containers.labelled_items import SplitItems
from engine.data.inventory.containers.labelled_rows import RowSet, labelled_rows
from engine.data.inventory.containers.npy_arrays import read_npy
from engine.data.inventory.containers.pixel_rows import RowShape
from engine.data.inventory.containers.restricted_unpickler import unpickled
from engine.data.inventory.kept_copies import kept_copy
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.stored import stored_text
from engine.data.stored.array_row import WHITE, PixelRows
from engine.errors import DataError
from engine.recipes.recipe import Recipe

VALUES, SHAPE = 3_072, RowShape((3, 32, 32), (1, 2, 0))
RECORD = np.dtype([("label", "u1"), ("pixels", "u1", (VALUES,))])
FINE_RECORD = np.dtype([("coarse", "u1"), ("label", "u1"), ("pixels", "u1", (VALUES,))])
PIXELS, LABELS = "pixels.npy", "labels.npy"


@dataclass(frozen=True)
class Form:
    """A published form: its files, and the file with the names of the classes.

    The files of CIFAR-100 have such common names that `needs` must lie beside them. The records are
    binary, or the files are pickles with these keys for the labels and the names.
    """

    train: str
    test: str
    names: str
    needs: str = ""
    record: np.dtype[np.void] | None = None
    labels_key: str = ""
    names_key: str = ""

    def files(self, names: set[str]) -> list[str]:
        """The training files of this form by number, and the test file; none of another form."""
        train = sorted(name for name in names if re.fullmatch(self.train, name))
        if not train or (self.needs and self.needs not in names):
            return []
        return train + [self.test] * (self.test in names)


FORMS = (
    Form(
        train=r"data_batch_\d+",
        test="test_batch",
        names="batches.meta",
        labels_key="labels",
        names_key="label_names",
    ),
    Form(
        train="train",
        test="test",
        names="meta",
        needs="meta",
        labels_key="fine_labels",
        names_key="fine_label_names",
    ),
    Form(
        train=r"data_batch_\d+\.bin",
        test="test_batch.bin",
        names="batches.meta.txt",
        record=RECORD,
    ),
    Form(
        train=r"train\.bin",
        test="test.bin",
        names="fine_label_names.txt",
        needs="fine_label_names.txt",
        record=FINE_RECORD,
    ),
)


def recognises(path: Path) -> bool:
    """Whether a folder has training images of CIFAR, or a file is one of them."""
    form, files = _form(path)
    return form is not None and (path.is_dir() or path in files)


def read(path: Path, _recipe: Recipe) -> RowSet:
    """The images of all batches. Raises DataError where one is damaged."""
    form, files = _form(path)
    assert form is not None
    parts = [_part(form, file) for file in files]
    return RowSet(str(path), container_text.CIFAR, parts, _names(form, files[0].parent))


def check(path: Path, _recipe: Recipe) -> None:
    """Check the sizes of the files in binary form. Raises DataError."""
    form, files = _form(path)
    assert form is not None
    for file in files:
        if form.record is not None:
            _records(form.record, file, "label")


def _form(path: Path) -> tuple[Form | None, list[Path]]:
    """The form of a folder, or of that of a file, and its files, the training files first."""
    folder = path if path.is_dir() else path.parent
    names = {*file_names(folder)}
    found = ((form, form.files(names)) for form in FORMS)
    form, files = next(((form, files) for form, files in found if files), (None, []))
    return form, [folder / name for name in files]


def _part(form: Form, file: Path) -> SplitItems:
    if form.record is not None:
        images, labels = (_records(form.record, file, field) for field in ("pixels", "label"))
    else:
        copy = kept_copy(file, form.labels_key, partial(_unpickle, file, form.labels_key))
        images, labels = (read_npy(copy / name)[0] for name in (PIXELS, LABELS))
    rows = PixelRows(file.name, images.file(), SHAPE.row, SHAPE.axes, WHITE)
    values = np.asarray(labels.file().values()).astype(np.int64)
    split: SplitName = "test" if file.name == form.test else "train"
    return labelled_rows(split, rows, range(len(values)), values)


def _records(record: np.dtype[np.void], file: Path, field: str) -> FoundArray:
    count, rest = divmod(os.stat(file).st_size, record.itemsize)
    if rest or not count:
        raise DataError(inventory_text.damaged(file, stored_text.FILE_CUT_OFF))
    return FoundArray(file.name, file, record, (count,), lambda: (file, 0), field=field)


def _unpickle(file: Path, labels_key: str, copy: Path) -> None:
    """Write the images and the labels of a batch. Raises DataError where it is damaged."""
    table = _table(file)
    try:
        pixels = np.asarray(table["data"]).reshape(-1, VALUES)
        labels = np.asarray(table[labels_key])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(inventory_text.damaged(file, text.error_summary(error))) from error
    whole = pixels.dtype == np.uint8 and labels.dtype.kind in "iu"
    if not whole or labels.shape != pixels.shape[:1]:
        raise DataError(inventory_text.damaged(file, container_text.OTHER_FORMAT))
    np.save(copy / PIXELS, pixels, allow_pickle=False)
    np.save(copy / LABELS, labels.astype(np.int64), allow_pickle=False)


def _table(file: Path) -> Mapping[str, object]:
    try:
        with regular_files.open_to_read(file) as opened:
            table = unpickled(opened)
    except Exception as error:  # damaged pickles raise errors of any type
        raise DataError(inventory_text.damaged(file, text.error_summary(error))) from error
    if not isinstance(table, dict):
        raise DataError(inventory_text.damaged(file, container_text.OTHER_FORMAT))
    return {_plain(key): value for key, value in table.items()}


def _plain(name: object) -> str:
    """A name that Python 3 pickled as text or as bytes."""
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)


def _names(form: Form, folder: Path) -> dict[int, str]:
    """The names of the classes, where their file is there."""
    file = folder / form.names
    if not file.is_file():
        return {}
    if form.record is None:
        names = _table(file).get(form.names_key)
        listed = names if isinstance(names, list) else []
    else:
        listed = [line for line in regular_files.read_text(file).splitlines() if line]
    return {number: _plain(name) for number, name in enumerate(listed)}
