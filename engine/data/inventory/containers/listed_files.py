"""The image files of a data set in Python that lists them, so that nothing else must be loaded.

Loads no torch: the data sets have loaded it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.data.stored.image_file import ImageFile
from engine.data.stored.item_image import image_of
from engine.data.stored.set_item import SetMaker, item_of, made

# Attributes that list files, or pairs of a file and a label.
LISTS = ("samples", "_samples", "imgs", "_image_files", "_images", "images")


def listed_files(maker: SetMaker, root: Path) -> list[ImageFile]:
    """The file of each item, below a folder; none where they are not the items' images."""
    items = made(maker)
    for attribute in LISTS:
        listed = getattr(items, attribute, None)
        if not isinstance(listed, list) or not listed or len(listed) != len(items):
            continue
        paths = [_path(entry) for entry in listed]
        if all(paths) and _are_images(maker, paths):
            return [_below(root, path) for path in paths]
    return []


def _path(entry: Any) -> str:
    first = entry[0] if isinstance(entry, tuple | list) and entry else entry
    return os.path.abspath(first) if isinstance(first, str | os.PathLike) else ""


def _below(root: Path, path: str) -> ImageFile:
    inside = path.startswith(f"{root}{os.sep}")
    return ImageFile(str(root), os.path.relpath(path, root)) if inside else ImageFile("/", path[1:])


def _are_images(maker: SetMaker, paths: list[str]) -> bool:
    """Whether the first and the last item have the pixels of their files."""
    return all(_same(maker, paths[index], index) for index in {0, len(paths) - 1})


def _same(maker: SetMaker, path: str, index: int) -> bool:
    shown = image_of(item_of(maker, index)[0])
    with Image.open(path) as file:
        same = file.convert(shown.mode)
    return same.size == shown.size and bool((np.asarray(same) == np.asarray(shown)).all())
