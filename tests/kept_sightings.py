"""What runs keep of their training images, for tests of doubtful labels."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from engine.run.sightings_file import SightingsFile

EPOCHS = 20


def sighted(images: int = 1000, classes: int = 4, **fields: Any) -> SightingsFile:
    """What a network keeps that has learned all its images: image `i` is of class `i % classes`."""
    labels = (np.arange(images) % classes).astype(np.int32)
    noise = np.random.default_rng(0).normal(size=(images, classes))
    usual = SightingsFile(
        digest="5d41",
        epoch=EPOCHS,
        since_epoch=1,
        labels=labels,
        sightings=np.full(images, EPOCHS, np.int32),
        agreed=np.full(images, EPOCHS, np.int32),
        logits=(10 * np.eye(classes)[labels] + noise).astype(np.float32),
    )
    return dataclasses.replace(usual, **fields)


def contradicted(kept: SightingsFile, wrong: int, agreed: int = 0) -> SightingsFile:
    """The same, but the first `wrong` images have the label of the class before theirs.

    The network has last ranked that label first in the epoch `agreed`.
    """
    classes = int(kept.labels.max()) + 1
    labels, last = kept.labels.copy(), kept.agreed.copy()
    labels[:wrong] = (labels[:wrong] - 1) % classes
    last[:wrong] = agreed
    return dataclasses.replace(kept, labels=labels, agreed=last)


def with_margins(kept: SightingsFile, margin: float, wrong: int) -> SightingsFile:
    """The same without logits; the first `wrong` images have this mean margin, the others 0.9."""
    margins = np.full(len(kept.labels), 0.9, np.float32)
    margins[:wrong] = margin
    held = ((kept.labels + 1) % (int(kept.labels.max()) + 1)).astype(np.int32)
    return dataclasses.replace(kept, logits=None, margins=margins, held=held)
