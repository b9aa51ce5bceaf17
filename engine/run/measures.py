"""What the judgements of a network on labelled images amount to: plain values, without numpy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec


class ClassMeasures(msgspec.Struct, frozen=True):
    """One class against all others; None where a fraction is undefined.

    `images` counts those that belong to the class. `precision` is undefined where nothing is taken
    for it, `recall` without images of it, and `f1`, their harmonic mean, without both.
    """

    images: int
    precision: float | None
    recall: float | None
    f1: float | None


def class_measures(images: int, predicted: int, hits: int) -> ClassMeasures:
    """The measures of a class: so many images belong to it, are taken for it, and do both."""
    return ClassMeasures(
        images,
        hits / predicted if predicted else None,
        hits / images if images else None,
        2 * hits / (images + predicted) if images + predicted else None,
    )


def balanced(images: Sequence[int], hits: Sequence[int]) -> float:
    """Balanced accuracy: the mean recall over the classes with images; NaN without images."""
    recalls = [right / of for of, right in zip(images, hits, strict=True) if of]
    return sum(recalls) / len(recalls) if recalls else math.nan


class ConfidenceBin(msgspec.Struct, frozen=True):
    """The images whose predicted class has a probability above `low` and up to `high`.

    `confidence` is the mean of these probabilities, `accuracy` the fraction of the images that were
    right; both are None without images.
    """

    low: float
    high: float
    images: int
    confidence: float | None
    accuracy: float | None


class Calibration(msgspec.Struct, frozen=True):
    """Whether a network is right as often as it says.

    `error` is the expected calibration error (ECE) over `bins`, by Guo et al. 2017
    (arXiv:1706.04599). With few images it is biased upwards, most for a network that is well
    calibrated (Roelofs et al. 2022, arXiv:2012.08668): `by_chance` is the error that is to be
    expected of a perfectly calibrated network with the same probabilities and as many images.
    """

    error: float
    by_chance: float
    bins: tuple[ConfidenceBin, ...]


class Measures(msgspec.Struct, frozen=True):
    """The measures of `images` images; `left_out` others could not be read and count nowhere.

    `loss` is the mean cross-entropy in nats; None where it is not finite. `top5` is None with five
    classes or fewer. `balanced` is the mean recall over the classes with images. `confusion` has
    (true class, predicted class, images) for each cell with images, in order.
    """

    images: int
    left_out: int
    loss: float | None
    top1: float
    top5: float | None
    balanced: float
    classes: tuple[ClassMeasures, ...]
    confusion: tuple[tuple[int, int, int], ...]
    calibration: Calibration
