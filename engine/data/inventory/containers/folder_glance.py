"""A glance at a folder: whether it is one of images. Loads nothing that takes long."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from engine.data.stored.image_kinds import IMAGE_SUFFIXES, suffix

# How many entries of a folder, and folders in a folder, are looked at for images.
GLANCE = 100


def holds_images(folder: Path) -> bool:
    """Whether images lie in a folder or up to two levels below, by a glance at each."""
    level = [folder]
    for _ in range(3):
        below: list[Path] = []
        for each in level:
            for entry in islice(visible_entries(each), GLANCE):
                if suffix(entry.name) in IMAGE_SUFFIXES:
                    return True
                if entry.is_dir():
                    below.append(Path(entry.path))
        level = below[:GLANCE]
    return False


def visible_entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The entries that are not hidden; none of a folder that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not entry.name.startswith("."))
    except OSError:
        return
