"""Files of arrays that are damaged, or that are none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300])


def changed(path: Path) -> None:
    """A byte of a value, which the archive's checksum notices."""
    content = bytearray(path.read_bytes())
    with np.load(path) as archive:
        last = archive[archive.files[-1]]
    content[content.rindex(last.tobytes())] ^= 0xFF
    path.write_bytes(content)


def of_objects(path: Path) -> None:
    np.savez(path, epoch=np.array([{}]))


def text(path: Path) -> None:
    path.write_text("no archive\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: tuple[Callable[[Path], None], ...] = (cut, changed, of_objects, text, empty, fifo, folder)
