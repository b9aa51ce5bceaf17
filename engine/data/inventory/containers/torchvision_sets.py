"""Data sets of torchvision: found where it keeps them, and downloaded by it for a run.

Loads torch with torchvision, on use only.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from engine import text
from engine.catalog.data_names import LibrarySet
from engine.catalog.datasets import data_folders
from engine.data.inventory.containers import library_text
from engine.data.inventory.containers.item_labels import class_names, labels_of
from engine.data.inventory.containers.labelled_items import ItemSet, SplitItems
from engine.data.inventory.containers.listed_files import listed_files
from engine.data.inventory.containers.torchvision_names import check_name
from engine.data.inventory.containers.torchvision_splits import NamedSplit, splits_below
from engine.data.stored.set_item import SetItem, made
from engine.errors import DataError
from engine.recipes.recipe import Recipe

T = TypeVar("T")
# What torchvision raises where files are missing, beside errors of other kinds for damaged ones.
MISSING = (RuntimeError, OSError)
# How torchvision names a package that it lacks.
NEEDED = re.compile(r"pip install (\w+)")


def check(library: LibrarySet, _recipe: Recipe) -> None:
    """Raise UsageError for an unknown name. Loads no torch."""
    check_name(library)


def read(library: LibrarySet, recipe: Recipe) -> ItemSet:
    """The images of a data set on this disk. Raises DataError where it is not there."""
    splits = _on_disk(library, recipe)
    if not splits:
        searched = data_folders(recipe.data_dir)
        raise DataError(library_text.not_on_disk(library.name, searched))
    return _explained(library, splits[0].maker.root, lambda: _items(library, splits))


def is_here(library: LibrarySet, recipe: Recipe) -> bool:
    """Whether a data set is on this disk. Raises DataError where a package is missing."""
    return bool(_on_disk(library, recipe))


def fetch(library: LibrarySet, recipe: Recipe) -> None:
    """Let torchvision download a data set, into the first data folder.

    Raises DataError where that fails.
    """
    root = data_folders(recipe.data_dir)[0].absolute()
    try:
        root.mkdir(parents=True, exist_ok=True)
        _explained(library, str(root), lambda: splits_below(library, str(root), download=True))
    except MISSING as error:
        why = text.error_summary(error)
        raise DataError(library_text.not_downloaded(library.name, why, root)) from error


def _on_disk(library: LibrarySet, recipe: Recipe) -> list[NamedSplit]:
    """The splits in the first data folder that has all of them; none where no folder has."""
    for folder in data_folders(recipe.data_dir):
        root = str(folder.absolute())
        if not folder.is_dir():
            continue
        before = _names(folder)
        try:
            return _explained(library, root, partial(splits_below, library, root))
        except MISSING:
            _remove_empty(folder, before)
    return []


def _names(folder: Path) -> set[str]:
    try:
        return {*os.listdir(folder)}
    except OSError:
        return set()


def _remove_empty(folder: Path, before: Collection[str]) -> None:
    """Remove empty folders that torchvision has made there while it looked for files."""
    for name in _names(folder) - {*before}:
        with contextlib.suppress(OSError):
            os.rmdir(folder / name)


def _explained(library: LibrarySet, root: str, work: Callable[[], T]) -> T:
    """Do the work. Raises DataError for a missing package, and for what is damaged."""
    try:
        return work()
    except ImportError as error:
        raise DataError(text.needs_packages(library.name, [error.name or str(error)])) from error
    except MISSING as error:
        if isinstance(error, RuntimeError) and (found := NEEDED.search(str(error))):
            raise DataError(text.needs_packages(library.name, [found[1]])) from error
        raise
    except Exception as error:  # of any parser
        why = text.error_summary(error)
        raise DataError(library_text.damaged_set(library.name, root, why)) from error


def _items(library: LibrarySet, splits: list[NamedSplit]) -> ItemSet:
    parts = [_part(named) for named in splits]
    names = class_names(made(splits[0].maker))
    validation = next((named.split for named in splits if named.split == "validation"), "")
    return ItemSet(
        f"torchvision/{library.name}",
        library_text.TORCHVISION,
        parts,
        names,
        validation=f"the {validation} split of {library.name}",
    )


def _part(named: NamedSplit) -> SplitItems:
    maker = named.maker
    labels = labels_of(maker)
    files = listed_files(maker, Path(maker.root))
    items: Any = files or [SetItem(maker, index, label) for index, label in enumerate(labels)]
    return SplitItems(named.split, items, labels)
