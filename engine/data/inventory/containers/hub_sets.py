"""Data sets of Hugging Face, by its library `datasets`, which keeps them as Arrow files.

Nothing that a data set brings is executed: the library's versions from 4 on cannot do that.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine import text
from engine.catalog.data_names import LibrarySet
from engine.data.inventory.containers import columnar_tables, library_text
from engine.data.inventory.containers.labelled_items import ItemSet
from engine.data.inventory.layouts.split_names import SplitName, split_of
from engine.errors import DataError
from engine.recipes.recipe import Recipe

PACKAGE, LEAST = "datasets", 4
# Where the library lists subsets in an error, of which one has to be named.
SUBSETS = re.compile(r"(?:among the available configs|Available): \[(.*?)\]")
QUOTED = re.compile(r"'([^']*)'")


def check(library: LibrarySet, _recipe: Recipe) -> None:
    """Raise DataError where the library is missing, too old, or would take something else.

    Does not import it.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise DataError(text.needs_packages(f"hf/{library.name}", [PACKAGE]))
    version = importlib.metadata.version(PACKAGE)
    if int(version.partition(".")[0]) < LEAST:
        raise DataError(library_text.too_old(PACKAGE, version, LEAST))
    if os.path.isdir(library.name):
        raise DataError(library_text.folder_instead(library.name))


def read(library: LibrarySet, recipe: Recipe) -> ItemSet:
    """The images of a data set, from the cache of the library where it is there, else from the hub.

    Raises DataError where it cannot be had.
    """
    check(library, recipe)
    files = _files(library)
    place = os.path.commonpath(
        [os.path.dirname(file) for names in files.values() for file in names]
    )
    shards = {
        split: [os.path.relpath(file, place) for file in names] for split, names in files.items()
    }
    with columnar_tables.explained(f"hf/{library.name}"):
        return columnar_tables.items_of(Path(place), shards, f"hf/{library.name}", recipe)


def fetch(library: LibrarySet, recipe: Recipe) -> None:
    """Load a data set into the cache of the library. Raises DataError as `read`."""
    check(library, recipe)
    _files(library)


@lru_cache(4)
def _files(library: LibrarySet) -> Mapping[SplitName, list[str]]:
    """The Arrow files of each split. Raises DataError where the library does not find them."""
    import datasets

    if _is_reader(library.name):
        raise DataError(library_text.reader_of_files(library.name))
    try:
        loaded = datasets.load_dataset(library.name, library.variant or None, keep_in_memory=False)
    except Exception as error:  # of the network, the hub and parsers
        raise DataError(_why(library, error)) from error
    splits = _by_split(library, loaded)
    return {
        split: [file["filename"] for file in rows.cache_files] for split, rows in splits.items()
    }


def _is_reader(name: str) -> bool:
    """Whether the library takes the name for one of its readers of files: `parquet`, `csv`."""
    word = name.isidentifier()
    return word and importlib.util.find_spec(f"{PACKAGE}.packaged_modules.{name}") is not None


def _by_split(library: LibrarySet, loaded: Mapping[str, Any]) -> dict[SplitName, Any]:
    found: dict[SplitName, Any] = {}
    for name, rows in loaded.items():
        if split := split_of(str(name)) or ("train" if len(loaded) == 1 else None):
            found.setdefault(split, rows)
    if "train" not in found:
        raise DataError(library_text.no_training_split(f"hf/{library.name}", [*loaded]))
    return found


def _why(library: LibrarySet, error: Exception) -> str:
    if listed := SUBSETS.search(str(error)):
        return library_text.name_a_subset(library.name, library.variant, QUOTED.findall(listed[1]))
    return library_text.not_loaded(library.name, text.error_summary(error))
