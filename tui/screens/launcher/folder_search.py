"""Finds folders of images near at hand, by a bounded look. On a slow file system, it waits."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from engine.data.inventory.containers.folder_glance import GLANCE, visible_entries
from engine.data.inventory.layouts.split_names import split_of
from engine.data.stored.image_kinds import IMAGE_SUFFIXES, suffix

# So many are offered.
MOST = 4
# So many entries of a folder are read, to find up to `GLANCE` folders among them.
MOST_ENTRIES = 2_000
# So many class folders of a folder are looked at, and so many entries of each.
CLASSES, FIRST_ENTRIES = 8, 10


def image_folders(places: Iterable[Path], cancelled: Callable[[], bool]) -> tuple[str, ...]:
    """The absolute paths of the first folders whose folders are classes of images.

    They are the places themselves, or lie in them. The search ends early once it is `cancelled`.
    """
    return tuple(islice(_found(places, cancelled), MOST))


def _found(places: Iterable[Path], cancelled: Callable[[], bool]) -> Iterator[str]:
    told: set[Path] = set()
    for place in dict.fromkeys(map(os.path.abspath, places)):
        # A split is no set of its own.
        below = (path for path in sorted(_below(place)) if not split_of(path.name))
        for folder in (Path(place), *below):
            if cancelled():
                return
            if folder not in told and _has_classes(folder):
                told.add(folder)
                yield str(folder)


def _has_classes(folder: Path) -> bool:
    """Whether all folders in it, or in its `train` folder, hold images, and are two or more."""
    below = _below(folder)
    training = [each for each in below if split_of(each.name) == "train"]
    classes = _below(training[0]) if training else below
    return len(classes) > 1 and all(map(_holds_images, classes[:CLASSES]))


def _below(folder: str | Path) -> list[Path]:
    entries = islice(visible_entries(Path(folder)), MOST_ENTRIES)
    return [Path(entry.path) for entry in islice(filter(_is_folder, entries), GLANCE)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with contextlib.suppress(OSError):  # a link in a circle
        return entry.is_dir()
    return False


def _holds_images(folder: Path) -> bool:
    entries = islice(visible_entries(folder), FIRST_ENTRIES)
    return any(suffix(entry.name) in IMAGE_SUFFIXES for entry in entries)
