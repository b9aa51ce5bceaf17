"""Finds folders of images near at hand, by a bounded look. On a slow file system, it waits."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from engine.data.inventory.containers.folder_glance import GLANCE, visible_entries
from engine.data.inventory.layouts.split_names import split_of
from engine.data.stored.image_kinds import IMAGE_SUFFIXES, suffix

# So many are offered.
MOST = 4
# So many class folders of a folder are looked at, and so many entries of each.
CLASSES, FIRST_ENTRIES = 8, 10


def image_folders(places: Iterable[Path]) -> tuple[str, ...]:
    """The absolute paths of some folders in these places whose folders are classes of images."""
    found: dict[str, None] = {}
    for place in dict.fromkeys(map(os.path.abspath, places)):
        found |= {str(folder): None for folder in sorted(filter(_has_classes, _below(place)))}
    return tuple(found)[:MOST]


def _has_classes(folder: Path) -> bool:
    """Whether all folders in it, or in its `train` folder, hold images, and are two or more."""
    below = _below(folder)
    training = [each for each in below if split_of(each.name) == "train"]
    classes = _below(training[0]) if training else below
    return len(classes) > 1 and all(map(_holds_images, classes[:CLASSES]))


def _below(folder: str | Path) -> list[Path]:
    entries = islice(visible_entries(Path(folder)), GLANCE)
    return [Path(entry.path) for entry in entries if os.path.isdir(entry.path)]


def _holds_images(folder: Path) -> bool:
    entries = islice(visible_entries(folder), FIRST_ENTRIES)
    return any(suffix(entry.name) in IMAGE_SUFFIXES for entry in entries)
