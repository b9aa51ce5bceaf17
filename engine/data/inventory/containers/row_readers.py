"""Finds who reads a file or a folder of arrays: a reader for each kind of container."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from engine.data.inventory.containers import array_files, cifar_batches, pixel_tables
from engine.data.inventory.containers.labelled_rows import RowSet
from engine.data.stored import array_row
from engine.data.stored.image_kinds import IMAGE_SUFFIXES, suffix

# How many entries of a folder, and folders in a folder, are looked at for images.
GLANCE = 100
# How many folders, each the only one in the other, may hold a data set.
LEVELS = 4


class RowReader(Protocol):
    """Reads the rows of one kind of container."""

    def recognises(self, path: Path) -> bool:
        """Whether this is such a file, or a folder with such files. Reads little of them."""

    def read(self, path: Path) -> RowSet:
        """The images and labels. Raises DataError where they cannot be trained on."""

    def check(self, path: Path) -> None:
        """Check what can be checked quickly. Raises DataError as `read`."""


READERS: Sequence[RowReader] = (array_files, cifar_batches, pixel_tables)


class RowPlace(NamedTuple):
    """A file or a folder of rows, and who reads it."""

    reader: RowReader
    path: Path

    def read(self) -> RowSet:
        array_row.forget()
        return self.reader.read(self.path)

    def check(self) -> None:
        self.reader.check(self.path)


def rows_at(path: Path) -> RowPlace | None:
    """The rows of a file, of a folder without images, or of the only folder in that one.

    None where nobody knows them.
    """
    if path.is_file():
        return _known(path)
    if not path.is_dir() or holds_images(path):
        return None
    for _ in range(LEVELS):
        if found := _known(path):
            return found
        below = [entry for entry in _entries(path) if entry.is_dir()]
        if len(below) != 1:
            break
        path = Path(below[0].path)
    return None


def _known(path: Path) -> RowPlace | None:
    if path.is_dir() and not any(_entries(path)):
        return None
    return next((RowPlace(one, path) for one in READERS if one.recognises(path)), None)


def holds_images(folder: Path) -> bool:
    """Whether images lie in a folder or up to two levels below, by a glance at each."""
    level = [folder]
    for _ in range(3):
        below: list[Path] = []
        for each in level:
            for entry in islice(_entries(each), GLANCE):
                if suffix(entry.name) in IMAGE_SUFFIXES:
                    return True
                if entry.is_dir():
                    below.append(Path(entry.path))
        level = below[:GLANCE]
    return False


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The entries that are not hidden; none of a folder that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not entry.name.startswith("."))
    except OSError:
        return
