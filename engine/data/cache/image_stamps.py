"""What tells that the files of images have not changed: their sizes and times of change."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.data.stored.stored_image import StoredImage

Numbers: TypeAlias = npt.NDArray[np.int64]
# The size and the time of change in ns of a file that cannot be read: its images are never kept.
UNREADABLE = -1, -1


class Stamped(NamedTuple):
    """N images in an order of their own, that of their files and names.

    A store counts them in that order, so that another split of the same images finds it.
    `numbers` (N,) are the places of the images as they were given. `stamps` (N, 2) are the size and
    the time of change in ns of the file of each, in the store's order, and so is `names`.
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
    found = {file: stamp_of(file) for file in dict.fromkeys(file for file, _ in named)}
    each = itertools.chain.from_iterable(found[named[at][0]] for at in order)
    stamps = np.fromiter(each, np.int64, 2 * len(order)).reshape(-1, 2)
    places = ["\0".join(named[at]) for at in order]
    if not all(map(os.path.isabs, places)):
        places.append(os.getcwd())
    return Stamped(numbers, stamps, "\0".join(places).encode(errors="surrogatepass"))


def stamp_of(file: str) -> tuple[int, int]:
    """The size and the time of change in ns of a file now."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):  # a name may hold what no path can
        return UNREADABLE
    return found.st_size, found.st_mtime_ns


def digest(found: Stamped, more: str) -> str:
    """A name for these images as they are now, and for what else decides on their pixels."""
    made = hashlib.blake2b(os.fsencode(more), digest_size=16)
    made.update(found.stamps.tobytes())
    made.update(found.names)
    return made.hexdigest()
