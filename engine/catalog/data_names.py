"""The forms of a data set's name.

A name is a key of the catalogue, `torchvision/NAME`, `hf/NAME` for one of Hugging Face,
`path/to/file.py:function` for the user's own data set, or the path of a folder or a file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from engine.catalog.datasets import DATASETS

# The usual name of the function that makes a user's data set.
USUAL = "make"
TORCHVISION_SET = re.compile(r"torchvision/(\w+)(?::([\w.-]+))?")
HUB_SET = re.compile(r"hf/([\w.-]+(?:/[\w.-]+)?)(?::([\w.+-]+))?")


class LibrarySet(NamedTuple):
    """A data set of torchvision or Hugging Face by its name there.

    `variant` is EMNIST's split or a set's subset; empty for the usual one.
    """

    name: str
    variant: str = ""


class UserSet(NamedTuple):
    """A function in a user's file that makes a data set, or the data set itself."""

    file: Path
    function: str


def torchvision_set(data: str) -> LibrarySet | None:
    """The data set of torchvision, or None if the name has another form."""
    found = TORCHVISION_SET.fullmatch(data)
    return LibrarySet(found[1], found[2] or "") if found else None


def hub_set(data: str) -> LibrarySet | None:
    """The data set of Hugging Face, or None if the name has another form."""
    found = HUB_SET.fullmatch(data)
    return LibrarySet(found[1], found[2] or "") if found else None


def user_set(data: str) -> UserSet | None:
    """The user's own data set, or None if the name has another form."""
    file, _, function = data.rpartition(":")
    if not file.endswith(".py") or not function.isidentifier():
        return None
    return UserSet(Path(file), function)


def is_of_library(data: str) -> bool:
    """Whether the data set is one of torchvision or Hugging Face."""
    return bool(torchvision_set(data) or hub_set(data))


def is_path(data: str) -> bool:
    """Whether the name is the path of a folder or a file."""
    return data not in DATASETS and not (is_of_library(data) or user_set(data))


def short_name(data: str) -> str:
    """The name without library and folder: `Flowers102`, `cats`, `own` of own.py:make, `own-big`.

    A colon becomes a dash.
    """
    if user := user_set(data):
        stem = user.file.stem
        return stem if user.function == USUAL else f"{stem}-{user.function}"
    if library := torchvision_set(data) or hub_set(data):
        return "-".join(filter(None, (library.name.rpartition("/")[2], library.variant)))
    return Path(data).name or data
