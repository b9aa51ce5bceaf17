"""What tells that the files of images have not changed.

That is their sizes, the times of change of their contents and of what the system knows of them
(ctime, which a new name changes as well), and their numbers (inodes) where these last.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.data.stored.stored_image import StoredImage
from engine.machine import file_systems

Numbers: TypeAlias = npt.NDArray[np.int64]
WORDS = 4
SIZE, NUMBER = 0, 3
# The stamp of a file that cannot be read: its images are never kept.
UNREADABLE = -1, -1, -1, -1
# Stands for the device of a file that cannot be read.
UNREAD_DEVICE = -1
_HALF = 1 << 63
Stamp: TypeAlias = tuple[int, int, int, int]


class Stamped(NamedTuple):
    """N images in an order of their own, that of their files and names.

    A store counts them in that order, so that another split of the same images finds it.
    `numbers` (N,) are the places of the images as they were given. `stamps` (N, 4) are the size of
    the file of each, the two times of change in ns, and the number of the file, or 0 where such
    numbers do not last; all in the store's order, and so is `names`.
    """

    numbers: Numbers
    stamps: Numbers
    names: bytes


def stamped(images: Sequence[StoredImage]) -> Stamped | None:
    """The stamps of images; None where one lies in no file.

    Raises OSError where a path is relative to a folder that is gone.
    """
    if not all(image.file for image in images):
        return None
    named = [(image.file, image.name) for image in images]
    order = sorted(range(len(named)), key=named.__getitem__)
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order))
    found = _lasting(dict.fromkeys(file for file, _ in named))
    each = itertools.chain.from_iterable(found[named[at][0]] for at in order)
    stamps = np.fromiter(each, np.int64, WORDS * len(order)).reshape(-1, WORDS)
    places = ["\0".join(named[at]) for at in order]
    if not all(map(os.path.isabs, places)):
        places.append(os.getcwd())
    return Stamped(numbers, stamps, "\0".join(places).encode(errors="surrogatepass"))


def stamp_of(file: str) -> Stamp:
    """The size of a file now, its times of change in ns, and its number."""
    return _stamp_and_device(file)[0]


def unchanged(before: Numbers, now: Numbers) -> npt.NDArray[np.bool_]:
    """Of which files the stamps (N, 4) of `stamped` still hold: (N,)."""
    alike = before == now
    alike[:, NUMBER] |= before[:, NUMBER] == 0
    same: npt.NDArray[np.bool_] = alike.all(axis=1) & (before[:, SIZE] >= 0)
    return same


def _lasting(files: Iterable[str]) -> dict[str, Stamp]:
    """The stamps of files, without the numbers that do not last."""
    mounted, lasts, found = file_systems.mounts(), {UNREAD_DEVICE: True}, dict[str, Stamp]()
    for file in files:
        stamp, device = _stamp_and_device(file)
        if device not in lasts:
            kind = file_systems.type_of(Path(os.path.realpath(file)), mounted)
            lasts[device] = kind in file_systems.LASTING
        size, changed, known, number = stamp
        found[file] = size, changed, known, number if lasts[device] else 0
    return found


def _stamp_and_device(file: str) -> tuple[Stamp, int]:
    try:
        found = os.stat(file)
    except (OSError, ValueError):  # a name may hold what no path can
        return UNREADABLE, UNREAD_DEVICE
    words = found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
    size, changed, known, number = map(_word, words)
    return (size, changed, known, number), found.st_dev


def _word(value: int) -> int:
    """The lower 64 bits as a number with a sign: there are times of change beyond the year 2262."""
    return (value + _HALF) % (2 * _HALF) - _HALF


def digest(found: Stamped, more: str) -> str:
    """A name for these images as they are now, and for what else decides on their pixels."""
    made = hashlib.blake2b(os.fsencode(more), digest_size=16)
    made.update(found.stamps.tobytes())
    made.update(found.names)
    return made.hexdigest()
