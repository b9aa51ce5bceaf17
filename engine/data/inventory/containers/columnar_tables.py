"""Data sets in Parquet and Arrow files, as `datasets` and pandas write them. Needs pyarrow."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine import regular_files, text
from engine.data.inventory import inventory_text
from engine.data.inventory.containers import library_text
from engine.data.inventory.containers.column_choice import Columns, columns_of
from engine.data.inventory.containers.labelled_items import ItemSet, Label, SplitItems
from engine.data.inventory.containers.row_copies import in_small_groups
from engine.data.inventory.containers.shard_splits import shards_at
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.stored.table_row import PARQUET, Table, TableRow, open_table
from engine.errors import DataError
from engine.recipes.recipe import Recipe

ARROW = (".arrow", ".feather")
# What `save_to_disk` of `datasets` writes beside the Arrow files of a split.
STATE = "state.json"
# How many folders below the place are searched.
DEPTH = 3
# A label that Hugging Face gives to images whose class is kept secret.
SECRET = -1


def recognises(path: Path) -> bool:
    """Whether this is a table, or a folder with tables."""
    return _is_table(path.name) if path.is_file() else any(_tables(path))


def check(path: Path, recipe: Recipe) -> None:
    """Check the columns by the head of the first file. Raises DataError as `read`."""
    with explained(path):
        _columns(*shards_at(path, _tables), recipe)


def read(path: Path, recipe: Recipe) -> ItemSet:
    """The images in the rows of the tables. Raises DataError where they cannot be trained on."""
    with explained(path):
        return items_of(*shards_at(path, _tables), str(path), recipe)


def items_of(
    folder: Path, shards: Mapping[SplitName, Sequence[str]], place: str, recipe: Recipe
) -> ItemSet:
    """The images in the rows of files below a folder, by split. Raises DataError."""
    columns = _columns(folder, shards, recipe)
    parts, remarks = [], []
    for split, shard in ((split, shard) for split, names in shards.items() for shard in names):
        file = folder / shard
        copy = in_small_groups(file, columns.image)
        parts.append(_rows(file, copy, shard, split, columns))
        if copy != file:
            remarks.append(inventory_text.unpacked_once(file, copy.stat().st_size, copy.parent))
    return ItemSet(place, library_text.TABLES, parts, columns.names, remarks=tuple(remarks))


def _columns(folder: Path, shards: Mapping[SplitName, Sequence[str]], recipe: Recipe) -> Columns:
    if not shards.get("train"):
        raise DataError(library_text.no_training_split(folder, [*shards]))
    first = str(folder / shards["train"][0])
    return columns_of(open_table(first).schema, first, recipe)


def _rows(file: Path, copy: Path, shard: str, split: SplitName, columns: Columns) -> SplitItems:
    """The rows of a file, a group after the other, with the images of its copy."""
    table, path = open_table(str(file)), str(copy)
    images: list[TableRow] = []
    for group, count in enumerate(open_table(path).group_sizes):
        start = len(images)
        images += [
            TableRow(path, shard, columns.image, group, row, start + row) for row in range(count)
        ]
    if columns.label not in table.schema.names:
        return SplitItems(split, images, [None] * len(images))
    groups = range(len(table.group_sizes))
    return SplitItems(
        split, images, [each for at in groups for each in _labels(table, at, columns)]
    )


def _labels(table: Table, group: int, columns: Columns) -> list[Label]:
    values = table.column(group, columns.label).to_pylist()
    if columns.names:
        return [None if value == SECRET else value for value in values]
    return [int(value) if isinstance(value, bool) else value for value in values]


def _tables(folder: Path, depth: int = DEPTH, below: str = "") -> Iterator[str]:
    """The tables below a folder, by their names there."""
    try:
        with os.scandir(folder / below) as entries:
            found = sorted((each for each in entries if each.name[0] != "."), key=lambda e: e.name)
    except OSError:
        return
    if any(each.name == STATE for each in found):
        yield from (f"{below}{name}" for name in _saved(folder / below / STATE))
        return
    for entry in found:
        if entry.is_dir() and depth:
            yield from _tables(folder, depth - 1, f"{below}{entry.name}/")
        elif _is_table(entry.name) and entry.is_file():
            yield f"{below}{entry.name}"


def _saved(state: Path) -> list[str]:
    """The files of a split that `save_to_disk` wrote; it leaves others of its own beside them."""
    try:
        listed = json.loads(regular_files.read_bytes(state))["_data_files"]
        names = [each["filename"] for each in listed]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return [name for name in names if isinstance(name, str) and os.path.basename(name) == name]


def _is_table(name: str) -> bool:
    return name.lower().endswith((PARQUET, *ARROW))


@contextmanager
def explained(place: object) -> Iterator[None]:
    """Raises DataError where pyarrow is missing, or cannot read a file."""
    if importlib.util.find_spec("pyarrow") is None:
        raise DataError(text.needs_packages(place, ["pyarrow"]))
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        if isinstance(error, OSError) and error.errno:
            why = text.reason(error)
        raise DataError(library_text.unreadable_table(place, why)) from error
