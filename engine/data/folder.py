"""A folder of images in ImageFolder layout: one subfolder a class. Loads no torch.

Either `train/` and `val/` (also `validation/`, `valid/`) or `test/` hold the classes; or the
folder, or its `train/`, does alone, and then a fifth of each class is held out.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TypeAlias

from engine import text
from engine.errors import DataError

EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
VALIDATION_NAMES = ("val", "validation", "valid", "test")
HOLD_OUT = 5

Files: TypeAlias = list[tuple[Path, int]]  # an image and the index of its class
Tree: TypeAlias = dict[str, list[Path]]  # the images of each class


@dataclass(frozen=True)
class Folder:
    """The images of a folder by split, in the order of classes and names."""

    path: Path
    classes: tuple[str, ...]
    train: Files
    validation: Files
    validation_is_test: bool


def scan(path: Path, seed: int = 0) -> Folder:
    """Find the images of a folder; `seed` decides which are held out, where some have to be.

    Raises DataError where the folder is missing, unreadable or empty, has one class only, or
    has validation images of classes that are not trained.
    """
    splits = _splits(path)
    train = _tree(splits[0])
    if len(train) < 2:
        raise DataError(_too_few_classes(path, train))
    if len(splits) == 2:
        validation = _tree(splits[1])
        if not validation:
            raise DataError(text.folder_empty(splits[1]))
        if strange := sorted(validation.keys() - train.keys()):
            raise DataError(text.folder_class_mismatch(splits[1], strange))
    else:
        parted = {name: _parted(images, seed) for name, images in train.items()}
        train = {name: kept for name, (kept, _) in parted.items()}
        validation = {name: held_out for name, (_, held_out) in parted.items()}
    classes = tuple(train)
    found = _files(train, classes)
    if len(found) < 2 * len(classes):
        raise DataError(text.too_few_images(path, len(found)))
    return Folder(path, classes, found, _files(validation, classes), splits[-1].name == "test")


def _splits(path: Path) -> list[Path]:
    """Where the classes are: for training and, if there is such a folder, for validation."""
    names = {entry.name for entry in _subfolders(path)}
    # A class may be called train, but then it holds images and not folders.
    if "train" not in names or not _subfolders(path / "train"):
        return [path]
    return [path / "train", *(path / name for name in VALIDATION_NAMES if name in names)][:2]


def _tree(root: Path) -> Tree:
    """The subfolders that hold images; others are no classes."""
    trees = {entry.name: _images(Path(entry.path)) for entry in _subfolders(root)}
    return {name: images for name, images in trees.items() if images}


def _images(folder: Path) -> list[Path]:
    return [
        folder / entry.name
        for entry in _visible(folder)
        if entry.name.lower().endswith(EXTENSIONS) and entry.is_file()
    ]


def _subfolders(folder: Path) -> list[os.DirEntry[str]]:
    return [entry for entry in _visible(folder) if entry.is_dir()]


def _visible(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder and not hidden, by name."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
    except FileNotFoundError as error:
        raise DataError(text.folder_missing(folder)) from error
    except OSError as error:
        raise DataError(text.folder_unreadable(folder, error.strerror or str(error))) from error
    return sorted(found, key=lambda entry: entry.name)


def _too_few_classes(path: Path, tree: Tree) -> str:
    return text.folder_one_class(path, next(iter(tree))) if tree else text.folder_empty(path)


def _parted(images: list[Path], seed: int) -> tuple[list[Path], list[Path]]:
    """The images of a class that train, and a fifth held out: one at least of two or more.

    The choice looks at nothing but seed and name, so images that are added move few others.
    """
    count = max(len(images) // HOLD_OUT, min(1, len(images) - 1))
    drawn = sorted(images, key=lambda image: _lot(image.name, seed))
    by_name = attrgetter("name")
    return sorted(drawn[count:], key=by_name), sorted(drawn[:count], key=by_name)


def _lot(name: str, seed: int) -> bytes:
    return hashlib.blake2b(b"%d/" % seed + os.fsencode(name), digest_size=8).digest()


def _files(tree: Tree, classes: tuple[str, ...]) -> Files:
    indices = {name: index for index, name in enumerate(classes)}
    return [(image, indices[name]) for name, images in tree.items() for image in images]
