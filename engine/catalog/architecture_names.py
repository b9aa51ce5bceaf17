"""How an architecture may be named: a key of the catalogue, `torchvision/NAME`, `timm/NAME`, or
`path/to/file.py:function` for one of the user's own. Loads no torch.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from engine.catalog.architectures import ARCHITECTURES

LIBRARY = re.compile(r"(torchvision|timm)/([A-Za-z0-9][A-Za-z0-9_.-]*)")


class Library(NamedTuple):
    """A model of a library, by the library's own name for it."""

    library: str
    name: str


class Own(NamedTuple):
    """A function in a file of the user's that makes a model."""

    file: Path
    function: str


def library(arch: str) -> Library | None:
    """The library's model that is meant, or None where the name has another form."""
    found = LIBRARY.fullmatch(arch)
    return Library(found[1], found[2]) if found else None


def own(arch: str) -> Own | None:
    """The user's function that is meant, or None where the name has another form."""
    file, _, function = arch.rpartition(":")
    return Own(Path(file), function) if file.endswith(".py") and function.isidentifier() else None


def possible(arch: str) -> bool:
    """Whether the name has one of the forms; the engine finds out whether the model exists."""
    return arch in ARCHITECTURES or library(arch) is not None or own(arch) is not None


def short(arch: str) -> str:
    """The name without library, folder and file: `regnet_y_400mf`, `make`."""
    meant = library(arch)
    theirs = own(arch)
    return meant.name if meant else theirs.function if theirs else arch
