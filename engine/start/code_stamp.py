"""Which code new processes import, by the dates of files: an upgrade changes it."""

from __future__ import annotations

import glob
import importlib.util
import os
from collections.abc import Iterator
from typing import TypeAlias

import engine

Stamp: TypeAlias = frozenset[tuple[str, int]]


def code_stamp() -> Stamp:
    """The dates of the engine's modules, and of the packages installed beside PyTorch.

    Reads no file. Raises OSError if a module vanishes meanwhile, as during an upgrade.
    """
    return frozenset((path, os.stat(path).st_mtime_ns) for path in _dated())


def _dated() -> Iterator[str]:
    for package in engine.__path__:
        for folder, _, names in os.walk(package):
            yield from (f"{folder}/{name}" for name in names if name.endswith(".py"))
    torch = importlib.util.find_spec("torch")
    for package in (torch and torch.submodule_search_locations) or ():
        # A folder of metadata for each package, new with each version: `torch-2.9.0.dist-info`.
        yield from glob.iglob(f"{glob.escape(os.path.dirname(package))}/*-info")
