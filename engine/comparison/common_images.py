"""The images on which two networks are compared: both judged them, by the same label."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.comparison import comparison_text
from engine.comparison.compared_training import ComparedTraining
from engine.errors import RunError, UsageError
from engine.run.judgements import LEFT_OUT

# Trainings with the same values of these choose the same images for validation.
CHOOSING = ("data", "holdout", "seed")


class CommonImages(NamedTuple):
    """Indices (N,) of N > 0 images in the validation images of either network, `a` and `b`.

    `left_out` counts the images that only one of them has, or that have another label.
    """

    a: NDArray[np.intp]
    b: NDArray[np.intp]
    left_out: int


def common_images(a: ComparedTraining, b: ComparedTraining) -> CommonImages:
    """The images that both, which have kept judgements, could read and judged by the same label.

    Raises UsageError where there is none.
    """
    assert a.predictions is not None
    assert b.predictions is not None
    at_a, at_b = _listed_by_both(a, b)
    labels, others = a.predictions.labels[at_a], b.predictions.labels[at_b]
    readable = (labels != LEFT_OUT) & (others != LEFT_OUT)
    same = readable & (labels == others)
    if not same.any():
        raise UsageError(comparison_text.no_common_image(a.label, b.label))
    of_one = len(a.predictions.labels) + len(b.predictions.labels) - 2 * len(at_a)
    return CommonImages(at_a[same], at_b[same], int((readable & ~same).sum()) + of_one)


def _listed_by_both(
    a: ComparedTraining, b: ComparedTraining
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where (N,) the images of both stand in the list of either; raises UsageError without any."""
    assert a.predictions is not None
    assert b.predictions is not None
    lengths = len(a.predictions.labels), len(b.predictions.labels)
    if a.predictions.digest == b.predictions.digest and lengths[0] == lengths[1]:
        at_a = at_b = np.arange(lengths[0])
    else:
        at_a, at_b = np.array(_of_one_name(a, b), np.intp).reshape(-1, 2).T
    if not len(at_a):
        raise UsageError(comparison_text.other_images(a.label, b.label))
    return at_a, at_b


def _of_one_name(a: ComparedTraining, b: ComparedTraining) -> list[tuple[int, int]]:
    """The indices of images with the same name in both; none of other data, or of unknown names.

    The lists differ where one training drops images, and those of published sets with the labels.
    """
    if any(a.settings.get(name) != b.settings.get(name) for name in CHOOSING):
        return []
    try:
        names, others = a.validation_names, b.validation_names
    except RunError as error:
        raise UsageError(str(error)) from error
    places = {name: i for i, name in enumerate(others)}
    return [(i, places[name]) for i, name in enumerate(names) if name in places]
