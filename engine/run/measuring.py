"""Measures judgements; loads numpy, not torch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.run.judgements import LEFT_OUT, TOP5, Judgements
from engine.run.measures import (
    Calibration,
    ConfidenceBin,
    Measures,
    balanced,
    class_measures,
)

# As in Guo et al. 2017, section 5.
BINS = 15

Counts = NDArray[np.int64]


def measured(judgements: Judgements, classes: int) -> Measures | None:
    """The measures over so many classes; None where no image could be read."""
    counts = judgements.labels != LEFT_OUT
    images = int(counts.sum())
    if not images:
        return None
    labels = judgements.labels[counts].astype(np.int64)
    predicted = judgements.predicted[counts].astype(np.int64)
    hits = labels == predicted
    of_class, taken, right = class_counts(labels, predicted, classes)
    top5 = float(judgements.among_five[counts].mean()) if classes > TOP5 else None
    return Measures(
        images=images,
        left_out=len(counts) - images,
        loss=_loss(judgements.label_probability[counts]),
        top1=int(hits.sum()) / images,
        top5=top5,
        balanced=balanced(of_class, right),
        classes=tuple(map(class_measures, of_class, taken, right)),
        confusion=_confusion(labels, predicted, classes),
        calibration=calibration(judgements.probability[counts], hits),
    )


def class_counts(
    labels: NDArray[np.integer], predicted: NDArray[np.integer], classes: int
) -> tuple[list[int], list[int], list[int]]:
    """How many of N images belong to each class, are taken for it, and do both.

    `labels` and `predicted` are (N,), none of them `LEFT_OUT`.
    """
    of_class, taken, right = (
        np.bincount(some, minlength=classes).tolist()
        for some in (labels, predicted, labels[labels == predicted])
    )
    return of_class, taken, right


def calibration(confidence: NDArray[np.floating], hits: NDArray[np.bool_]) -> Calibration:
    """The calibration of N > 0 images: the probability of each prediction, and whether it holds.

    The error is the mean over the images of |accuracy - mean confidence| of their bins, by Guo et
    al. 2017 (arXiv:1706.04599), equation 3. That of a perfectly calibrated network is the mean of a
    sum of independent hits whose chances are the probabilities; the sum is taken as normal.
    """
    confidence_of = confidence.astype(np.float64)
    edges = np.arange(1, BINS) / BINS
    # Bin m has ((m - 1) / 15, m / 15], as in that paper.
    of_bin = np.searchsorted(edges, confidence_of, side="left")

    def sums(values: NDArray[Any] | None = None) -> NDArray[np.float64]:
        return np.bincount(of_bin, values, BINS).astype(np.float64)

    images, right, said = sums(), sums(hits), sums(confidence_of)
    variance = sums(confidence_of * (1 - confidence_of))
    error = float(np.abs(right - said).sum() / len(hits))
    by_chance = float(np.sqrt(variance * 2 / math.pi).sum() / len(hits))
    columns = images.tolist(), said.tolist(), right.tolist()
    return Calibration(error, by_chance, tuple(map(_bin, range(BINS), *columns)))


def _bin(index: int, images: float, said: float, right: float) -> ConfidenceBin:
    """The bin of so many images; `said` sums their probabilities, and `right` counts the hits."""
    low, high = index / BINS, (index + 1) / BINS
    if not images:
        return ConfidenceBin(low, high, 0, None, None)
    return ConfidenceBin(low, high, int(images), said / images, right / images)


def _loss(label_probability: NDArray[np.float32]) -> float | None:
    """The mean cross-entropy. A probability that float32 holds as 0 counts as its smallest one."""
    smallest = np.finfo(np.float32).smallest_subnormal
    loss = float(-np.log(np.maximum(label_probability, smallest).astype(np.float64)).mean())
    return loss if math.isfinite(loss) else None


def _confusion(labels: Counts, predicted: Counts, classes: int) -> tuple[tuple[int, int, int], ...]:
    cells, counts = np.unique(labels * classes + predicted, return_counts=True)
    columns = (cells // classes).tolist(), (cells % classes).tolist(), counts.tolist()
    return tuple(zip(*columns, strict=True))
