"""Finds who reads a file or a folder of arrays: a reader for each kind of container."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from engine.data.inventory.containers import array_files, cifar_batches, pixel_tables
from engine.data.inventory.containers.labelled_rows import RowSet
from engine.data.stored.image_kinds import IMAGE_SUFFIXES, suffix

# How many entries of a folder, and folders in a folder, are looked at for images.
GLANCE = 100


class RowReader(Protocol):
    """Reads the rows of one kind of container."""

    def recognises(self, path: Path) -> bool:
        """Whether this is such a file, or a folder with such files. Reads little of them."""

    def read(self, path: Path) -> RowSet:
        """The images and labels. Raises DataError where they cannot be trained on."""

    def check(self, path: Path) -> None:
        """Check what can be checked quickly. Raises DataError as `read`."""


READERS: Sequence[RowReader] = (array_files, cifar_batches, pixel_tables)


def reader_of(path: Path) -> RowReader | None:
    """The reader of a file or of a folder without images, or None where nobody knows it."""
    if path.is_dir() and (holds_images(path) or not any(_entries(path))):
        return None
    return next((reader for reader in READERS if reader.recognises(path)), None)


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
