"""The file with what the network of the best epoch says about each validation image.

It has an array for each field of `Predictions`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from engine.run import array_file, run_text
from engine.run.array_file import Arrays
from engine.run.durable_files import write_durably
from engine.run.judgements import LEFT_OUT, Judgements

# The types of the arrays over the images. The other fields have one value each.
ARRAYS = {
    "labels": np.int32,
    "predicted": np.int32,
    "probability": np.float32,
    "label_probability": np.float32,
    "among_five": np.bool_,
}
# A sum of rounded shares may lie a little above 1.
MOST = 1.001


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions(Judgements):
    """The judgements of the validation images after an epoch and step.

    `digest` is that of the list of these images, as in the checkpoint (`ImageList`).
    """

    epoch: int
    step: int
    digest: str


def content(predictions: Predictions) -> bytes:
    """The bytes of the file. Those of equal predictions are equal."""
    return array_file.content(dataclasses.asdict(predictions))


def write(path: Path, predictions: Predictions) -> None:
    """Replace the file as a whole. Raises OSError; the old file then stays as it was."""
    write_durably(path, content(predictions))


def read(path: Path, classes: int) -> Predictions | None:
    """The predictions of a run with so many classes; None where an older version wrote none.

    The epoch says whether they are those of the best one: an engine that was killed between two
    files leaves those of an older epoch. Raises RunError for a file that is not whole.
    """
    return array_file.read(path, partial(_predictions, classes), run_text.bad_predictions)


def _predictions(classes: int, archive: Arrays) -> Predictions:
    """Raises ValueError or KeyError for other arrays."""
    arrays = {name: archive[name] for name in ARRAYS}
    epoch, step, digest = (archive[name].item() for name in ("epoch", "step", "digest"))
    if any(array.dtype != ARRAYS[name] or array.ndim != 1 for name, array in arrays.items()):
        raise ValueError("the arrays are of other types")
    if len({len(array) for array in arrays.values()}) != 1:
        raise ValueError("the arrays differ in length")
    found = Predictions(epoch=int(epoch), step=int(step), digest=str(digest), **arrays)
    _check_values(found, classes)
    return found


def _check_values(found: Predictions, classes: int) -> None:
    """Raise ValueError for a class that does not exist, and for a probability that is none."""
    counts = found.labels != LEFT_OUT
    for numbers in (found.labels[counts], found.predicted[counts]):
        if not ((numbers >= 0) & (numbers < classes)).all():
            raise ValueError("a class does not exist")
    for shares in (found.probability[counts], found.label_probability[counts]):
        if not ((shares >= 0) & (shares <= MOST)).all():  # also where one is not a number
            raise ValueError("a probability is none")
