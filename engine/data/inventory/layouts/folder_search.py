"""Says where a folder has its images, if not in one subfolder for each class. Loads no torch."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engine.data import data_text

# How far the search goes: levels below the folder, and folders in all.
LEVELS, FOLDERS = 3, 500
# The names that other programs give to the splits begin so.
SPLITS = {"train": "train", "val": "val", "dev": "val", "eval": "val", "test": "test"}


class Found(NamedTuple):
    """Folders that can be trained on, and the first image, relative to the searched folder."""

    usable: list[Path]
    image: Path | None


def why_no_classes(
    path: Path, usable: Callable[[Path], bool], is_image: Callable[[os.DirEntry[str]], bool]
) -> str:
    """A sentence on a folder without classes: what is there, and what to type or to rename."""
    found = _search(path, usable, is_image)
    names = [str(folder) for folder in found.usable]
    if len(names) == 1:
        return data_text.folder_deeper(path, path / names[0])
    splits = {name: split for name in names if (split := _split_named(name))}
    if "train" in splits.values() and len({*splits.values()}) == len(names):
        return data_text.folder_splits(path, splits)
    if names:
        return data_text.folder_several(path, names)
    if found.image is not None and found.image.parent == Path():
        return data_text.folder_loose(path, found.image)
    if found.image is not None:
        return data_text.folder_too_deep(path, found.image)
    return data_text.folder_empty(path)


def _search(
    path: Path, usable: Callable[[Path], bool], is_image: Callable[[os.DirEntry[str]], bool]
) -> Found:
    """Search level by level; what is below a usable folder is not searched."""
    found, first = [], None
    waiting = deque([path])
    for _ in range(FOLDERS):
        if not waiting:
            break
        folder = waiting.popleft()
        relative = folder.relative_to(path)
        if folder != path and usable(folder):
            found.append(relative)
            continue
        entries = _entries(folder)
        images = (entry.name for entry in entries if is_image(entry))
        first = first or next((relative / name for name in images), None)
        if len(relative.parts) < LEVELS:
            waiting += [Path(entry.path) for entry in entries if entry.is_dir()]
    return Found(found, first)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """The entries that are not hidden, by name; none of a folder that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            shown = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []
    return sorted(shown, key=lambda entry: entry.name)


def _split_named(name: str) -> str:
    """The split that a folder's name means: `val` of `Validation`; else empty."""
    return next((split for start, split in SPLITS.items() if name.lower().startswith(start)), "")
