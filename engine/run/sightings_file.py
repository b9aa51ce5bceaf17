"""The file with what the network has said about each training image while it learned from it.

It has an array for each field of `SightingsFile` that has a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.run import array_file, run_text
from engine.run.array_file import Arrays
from engine.run.durable_files import write_durably
from engine.run.predictions_file import MOST

# The types of the arrays over the images.
ARRAYS = {"labels": np.int32, "sightings": np.int32, "agreed": np.int32}
LOGITS = {"logits": np.float32}
MARGINS = {"margins": np.float32, "held": np.int32}
# The class that an image without a sighting is held to be.
NONE_HELD = -1


@dataclass(frozen=True, eq=False, kw_only=True)
class SightingsFile:
    """What was seen of N training images until the end of an epoch, counted since an earlier one.

    `digest` is that of the list of these images, as in the checkpoint (`ImageList`); `labels` are
    the given ones. `sightings` (N,) are the numbers of passes that saw the image, and `agreed` (N,)
    the last epochs in which the given label ranked first, or 0. `logits` (N, classes) are means
    over the sightings, 0 without one.

    A run with too many classes has no logits. It has `margins` (N,), means of the probability of
    the given label minus that of the best other class, from -1 to 1, and `held` (N,), that class in
    the last sighting, or `NONE_HELD`.
    """

    digest: str
    epoch: int
    since_epoch: int
    labels: NDArray[np.int32]
    sightings: NDArray[np.int32]
    agreed: NDArray[np.int32]
    logits: NDArray[np.float32] | None = None
    margins: NDArray[np.float32] | None = None
    held: NDArray[np.int32] | None = None


def content(found: SightingsFile) -> bytes:
    """The bytes of the file. Those of equal content are equal."""
    return array_file.content({k: v for k, v in vars(found).items() if v is not None})


def write(path: Path, found: SightingsFile) -> None:
    """Replace the file as a whole. Raises OSError; the old file then stays as it was."""
    write_durably(path, content(found))


def read(path: Path, classes: int) -> SightingsFile | None:
    """What a run with so many classes has kept; None where it has no such file.

    The digest says whether it is of the images that the run has now. Raises RunError for a file
    that is not whole.
    """
    return array_file.read(path, partial(_sightings, classes), run_text.bad_sightings)


def _sightings(classes: int, archive: Arrays) -> SightingsFile:
    """Raises ValueError or KeyError for other arrays."""
    types = {**ARRAYS, **(LOGITS if "logits" in archive else MARGINS)}
    arrays = {name: archive[name] for name in types}
    digest, *epochs = (archive[name].item() for name in ("digest", "epoch", "since_epoch"))
    images = len(arrays["labels"])
    for name, array in arrays.items():
        shape = (images, classes) if name == "logits" else (images,)
        if array.dtype != types[name] or array.shape != shape:
            raise ValueError(f"{name} is of another type")
    epoch, since = map(int, epochs)
    _check_values(arrays, epoch, since, classes)
    return SightingsFile(digest=str(digest), epoch=epoch, since_epoch=since, **arrays)


def _check_values(arrays: Mapping[str, NDArray[Any]], epoch: int, since: int, classes: int) -> None:
    """Raise ValueError for a class or an epoch that does not exist, and for what is no number."""
    largest = float(np.finfo(np.float32).max)
    bounds: dict[str, tuple[float, float]] = {
        "labels": (0, classes - 1),
        "sightings": (0, np.inf),
        "agreed": (0, epoch),
        "logits": (-largest, largest),
        "margins": (-MOST, MOST),
        "held": (NONE_HELD, classes - 1),
    }
    for name, array in arrays.items():
        least, most = bounds[name]
        if not ((array >= least) & (array <= most)).all():  # also where one is not a number
            raise ValueError(f"a value of {name} does not exist")
    if not 1 <= since <= epoch:
        raise ValueError("an epoch does not exist")
