"""The forms of an architecture's name.

A name is a key of the catalogue, `torchvision/NAME`, `timm/NAME`, or `path/to/file.py:function` for
a user's model.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from engine.catalog.architectures import ARCHITECTURES

# The usual name of the function that makes a user's model.
USUAL = "make"
LIBRARY_MODEL = re.compile(r"(torchvision|timm)/([A-Za-z0-9][A-Za-z0-9_.-]*)")


class LibraryModel(NamedTuple):
    """A model of torchvision or timm, by its name there."""

    library: str
    name: str


class UserFunction(NamedTuple):
    """A function in a user's file that makes a model."""

    file: Path
    function: str


def library_model(arch: str) -> LibraryModel | None:
    """The library's model, or None if the name has another form."""
    found = LIBRARY_MODEL.fullmatch(arch)
    return LibraryModel(found[1], found[2]) if found else None


def user_function(arch: str) -> UserFunction | None:
    """The user's function, or None if the name has another form."""
    file, _, function = arch.rpartition(":")
    if not file.endswith(".py") or not function.isidentifier():
        return None
    return UserFunction(Path(file), function)


def well_formed(arch: str) -> bool:
    """Whether the name has one of the forms. The model may still not exist: the engine checks."""
    return arch in ARCHITECTURES or bool(library_model(arch) or user_function(arch))


def short_name(arch: str) -> str:
    """The name without library and folder: `regnet_y_400mf`, `net` of net.py:make, `net-wide`."""
    if library := library_model(arch):
        return library.name
    user = user_function(arch)
    if user is None:
        return arch
    return user.file.stem if user.function == USUAL else f"{user.file.stem}-{user.function}"
