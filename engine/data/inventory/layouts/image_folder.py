"""A folder of images in ImageFolder layout: one subfolder for each class. Loads no torch.

Either `train/` and one of `val/`, `validation/`, `valid/` and `test/` hold the classes; or only the
folder itself or its `train/` holds them, and then a fifth of each class is held out. A `test/` that
is not used for validation is evaluated at the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from engine import text
from engine.data import data_text
from engine.data.inventory.held_out import HOLD_OUT, split_held_out
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.layouts import folder_search
from engine.data.inventory.validation_source import ValidationSource
from engine.data.stored.image_file import ImageFile
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError

EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
VALIDATION_NAMES = ("val", "validation", "valid")

Tree: TypeAlias = dict[str, list[str]]  # the paths of the images of each class


@dataclass(frozen=True)
class Splits:
    """The folders of the splits; without a validation folder, a share of `train` is held out."""

    train: Path
    validation: Path | None = None
    test: Path | None = None
    unused: Path | None = None


def check(path: Path, holdout: float = 0.0) -> None:
    """Check the layout of a folder, quickly for any number of images.

    Raises DataError like `scan`, except where there are too few images.
    """
    splits = _splits(path, holdout)
    classes = _classes(splits.train)
    if len(classes) < 2:
        raise DataError(_too_few_classes(path, classes))
    for folder in filter(None, (splits.validation, splits.test)):
        held = _classes(folder)
        _check_known(held, folder, classes)
        if not held and folder is splits.validation:
            raise DataError(data_text.split_empty(folder))


def class_names(path: Path) -> tuple[str, ...]:
    """The names of the classes of a folder, in the order of their numbers. Raises DataError."""
    return tuple(map(_readable, _classes(_splits(path, 0.0).train)))


def _classes(folder: Path) -> list[str]:
    """The subfolders that hold images, by name."""
    return [entry.name for entry in _subfolders(folder) if _holds_images(Path(entry.path))]


def scan(path: Path, seed: int = 0, holdout: float = 0.0) -> Inventory:
    """Find the images of a folder; `seed` determines which are held out, if any.

    With `holdout`, that share of the training images is for validation, and the validation or
    test folder is evaluated at the end. Raises DataError where the folder is missing, unreadable
    or empty, has only one class, or has validation or test images of classes that are not trained.
    """
    splits = _splits(path, holdout)
    train = _tree(splits.train)
    if len(train) < 2:
        raise DataError(_too_few_classes(path, list(train)))
    classes = tuple(train)
    test = _tree(splits.test) if splits.test else {}
    _check_known(test, splits.test, classes)
    validates: ValidationSource = "held out"
    found = _labelled(train, path, classes)
    if splits.validation is None:
        found, validation = split_held_out(found, holdout or HOLD_OUT, seed)
    else:
        validates = "test" if splits.validation.name == "test" else "separate"
        held = _tree(splits.validation)
        _check_known(held, splits.validation, classes)
        if not held:
            raise DataError(data_text.split_empty(splits.validation))
        validation = _labelled(held, path, classes)
    if len(found) < 2 * len(classes):
        raise DataError(data_text.too_few_images(path, len(found)))
    return Inventory(
        str(path),
        tuple(map(_readable, classes)),
        found,
        validation,
        validates,
        _labelled(test, path, classes),
        notes=(data_text.unused_validation(splits.unused),) if splits.unused else (),
    )


def _readable(name: str) -> str:
    """The name, with the bytes that are not UTF-8 as `\\xe9`: no event could hold them."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _splits(path: Path, holdout: float) -> Splits:
    names = {entry.name for entry in _subfolders(path)}
    # A class may be called train, but then it holds images and not folders.
    if "train" not in names or not _subfolders(path / "train"):
        return Splits(path)
    train = path / "train"
    validation = next((path / name for name in VALIDATION_NAMES if name in names), None)
    test = path / "test" if "test" in names else None
    if holdout:
        return Splits(train, test=test or validation, unused=validation if test else None)
    return Splits(train, validation, test) if validation else Splits(train, test)


def _check_known(found: Iterable[str], folder: Path | None, classes: Iterable[str]) -> None:
    """Raise DataError where a split has classes that the training images lack."""
    if unknown := sorted({*found} - {*classes}):
        raise DataError(data_text.folder_class_mismatch(folder, unknown))


def _tree(root: Path) -> Tree:
    """The images of each subfolder that holds some; other subfolders are not classes."""
    trees = {entry.name: _images(Path(entry.path)) for entry in _subfolders(root)}
    return {name: images for name, images in trees.items() if images}


def _images(folder: Path) -> list[str]:
    return [entry.path for entry in _visible(folder) if _is_image(entry)]


def _holds_images(folder: Path) -> bool:
    with _listed(folder) as entries:
        return any(_is_image(entry) and not entry.name.startswith(".") for entry in entries)


def _is_image(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(EXTENSIONS) and entry.is_file()


def _subfolders(folder: Path) -> list[os.DirEntry[str]]:
    return [entry for entry in _visible(folder) if entry.is_dir()]


def _visible(folder: Path) -> list[os.DirEntry[str]]:
    """The entries of a folder that are not hidden, sorted by name."""
    with _listed(folder) as entries:
        found = [entry for entry in entries if not entry.name.startswith(".")]
    return sorted(found, key=lambda entry: entry.name)


def _listed(folder: Path) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
    try:
        return os.scandir(folder)
    except FileNotFoundError as error:
        raise DataError(text.folder_missing(folder)) from error
    except OSError as error:
        raise DataError(data_text.folder_unreadable(folder, text.reason(error))) from error


def _too_few_classes(path: Path, classes: list[str]) -> str:
    if classes:
        return data_text.folder_one_class(path, classes[0])
    return folder_search.why_no_classes(path, _is_usable, _is_image)


def _is_usable(path: Path) -> bool:
    """Whether a folder has a layout that can be trained on."""
    try:
        return len(_classes(_splits(path, 0.0).train)) >= 2
    except DataError:  # it cannot be read
        return False


def _labelled(tree: Tree, root: Path, classes: tuple[str, ...]) -> LabelledImages:
    """The images of a tree, by their names below the root of the data set."""
    folder, start = str(root), len(str(root / "_")) - 1
    indices = {name: index for index, name in enumerate(classes)}
    return [
        (ImageFile(folder, image[start:]), indices[name])
        for name, images in tree.items()
        for image in images
    ]
