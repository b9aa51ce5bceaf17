"""Finds who reads the data set in a file or a folder: a reader for each kind of container."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from engine.data.inventory.containers import (
    array_files,
    cifar_batches,
    columnar_tables,
    pixel_tables,
    shards,
)
from engine.data.inventory.containers.folder_glance import holds_images, visible_entries
from engine.data.inventory.containers.labelled_items import ItemSet, inventory_of_items
from engine.data.inventory.kept_copies import is_quickly_unpacked
from engine.data.inventory.validation_choice import check_training
from engine.data.stored import array_row
from engine.recipes.recipe import Recipe

# How many folders, each the only one in the other, may hold a data set.
LEVELS = 4


class SetReader(Protocol):
    """Reads the data sets in one kind of container."""

    def recognises(self, path: Path) -> bool:
        """Whether this is such a file, or a folder with such files. Reads little of them."""

    def read(self, path: Path, recipe: Recipe, /) -> ItemSet:
        """The images and labels. Raises DataError where they cannot be trained on."""

    def check(self, path: Path, recipe: Recipe, /) -> None:
        """Check what can be checked quickly. Raises DataError as `read`."""


# These find files in folders below themselves; rows are all read, since they say what white is.
TABLE_READERS: Sequence[SetReader] = (columnar_tables, shards)
ROW_READERS: Sequence[SetReader] = (array_files, cifar_batches, pixel_tables)


class SetPlace(NamedTuple):
    """A file or a folder with a data set, and who reads it."""

    reader: SetReader
    path: Path

    def read(self, recipe: Recipe) -> ItemSet:
        array_row.forget()
        return self.reader.read(self.path, recipe)

    def check(self, recipe: Recipe) -> None:
        """Check the data set, if it is of rows to its end where that takes no more than a moment.

        Raises DataError.
        """
        self.reader.check(self.path, recipe)
        if self.reader in ROW_READERS and is_quickly_unpacked(self.path):
            check_training(inventory_of_items(self.read(recipe), recipe))


def set_at(path: Path) -> SetPlace | None:
    """The data set of a file or of a folder without images, of rows also that of its only folder.

    None where nobody knows it.
    """
    if not path.is_file() and (not path.is_dir() or holds_images(path)):
        return None
    readers = [*TABLE_READERS, *ROW_READERS]
    for _ in range(LEVELS):
        entries = [*visible_entries(path)]
        if path.is_dir() and not entries:  # empty, or it cannot be read
            break
        if found := next((each for each in readers if each.recognises(path)), None):
            return SetPlace(found, path)
        below = [entry for entry in entries if entry.is_dir()]
        if len(below) != 1:
            break
        path, readers = Path(below[0].path), [*ROW_READERS]
    return None
