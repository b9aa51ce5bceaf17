"""The file with the names of the images of a run, which stay known where the data is gone.

It has an array for each field of `ImageNames`: digests, and the names as bytes (uint8) with a zero
byte between two of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.errors import RunError
from engine.protocol.commands import ImageSplit
from engine.run import array_file, run_text
from engine.run.array_file import Arrays
from engine.run.durable_files import write_durably
from engine.run.run_paths import RunDir

BETWEEN = "\0"


@dataclass(frozen=True, kw_only=True)
class ImageNames:
    """The names of the training and validation images of a run, each joined by `joined`.

    Their digests are those of the lists of these images, as in the checkpoint (`ImageList`).
    `labels` is the `digest_of_labels` of both.
    """

    training_digest: str
    training: bytes
    validation_digest: str
    validation: bytes
    labels: str = ""

    def of(self, split: ImageSplit, digest: str) -> Sequence[str] | None:
        """The names of a split in order; None where the list with this digest is another one."""
        known, names = {
            "training": (self.training_digest, self.training),
            "validation": (self.validation_digest, self.validation),
        }[split]
        return os.fsdecode(names).split(BETWEEN) if names and known == digest else None


def joined(names: Iterable[str]) -> bytes:
    """These names as bytes; none where a name cannot be told from the next one."""
    listed = [*names]
    together = BETWEEN.join(listed)
    return os.fsencode(together) if together.count(BETWEEN) == len(listed) - 1 else b""


def digest_of_labels(training: ArrayLike, validation: ArrayLike) -> str:
    """A digest (blake2b, 128 bits) of the classes of images by their numbers."""
    made = hashlib.blake2b(digest_size=16)
    for labels in (training, validation):
        made.update(hashlib.blake2b(np.asarray(labels, np.int64).tobytes()).digest())
    return made.hexdigest()


def content(names: ImageNames) -> bytes:
    """The bytes of the file. Those of equal names are equal."""
    fields = {name: _as_array(value) for name, value in vars(names).items()}
    return array_file.compressed(fields)


def keep(run: RunDir, names: ImageNames) -> None:
    """Write the names, unless the run has those of these lists. Raises OSError."""
    try:
        kept = read(run)
    except RunError:  # it is not whole, and replaced
        kept = None
    if kept is None or _digests(kept) != _digests(names):
        write_durably(run.image_names, content(names))


def read(run: RunDir) -> ImageNames | None:
    """The names that a run has kept; None where an older version kept none.

    Raises RunError for a file that is not whole.
    """
    return array_file.read(run.image_names, _names, run_text.bad_image_names)


def _digests(names: ImageNames) -> tuple[str, str, str]:
    return names.training_digest, names.validation_digest, names.labels


def _as_array(value: str | bytes) -> Any:
    return np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value


def _names(archive: Arrays) -> ImageNames:
    """Raises ValueError or KeyError for other arrays."""
    found: dict[str, Any] = {"labels": str(archive["labels"].item())}
    for split in ("training", "validation"):
        names = archive[split]
        if names.dtype != np.uint8 or names.ndim != 1:
            raise ValueError(f"{split} is of another type")
        found |= {split: names.tobytes(), f"{split}_digest": str(archive[f"{split}_digest"].item())}
    return ImageNames(**found)
