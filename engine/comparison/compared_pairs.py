"""The paired tests of all pairs of trainings that were validated on the same images."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.comparison import comparison_text
from engine.comparison.class_differences import ClassDifference, class_differences
from engine.comparison.compared_training import ComparedTraining
from engine.comparison.paired_test import Paired, paired, shows_from
from engine.comparison.seed_groups import family
from engine.comparison.several_tests import ALPHA, holm
from engine.errors import UsageError
from engine.run.judgements import LEFT_OUT
from engine.run.predictions_file import Predictions


class ComparedPair(msgspec.Struct, frozen=True):
    """Two trainings by their index; `paired` is None where no test is possible.

    `words` say what the test found, or why there is none. `adjusted` is its p for all tests
    of recipes together, by Holm; None of a pair that is none of them (`seed_groups.family`).
    """

    a: int
    b: int
    words: str
    paired: Paired | None = None
    adjusted: float | None = None

    @property
    def differs(self) -> bool:
        """Whether the two differ by more than chance, all tests of recipes taken together."""
        return self.adjusted is not None and self.adjusted <= ALPHA


class PairImages(msgspec.Struct, frozen=True):
    """What two networks disagree on: images by their index in the validation images, and classes.

    Of each image in `only_a` and `only_b`, only that network is right.
    """

    only_a: tuple[int, ...]
    only_b: tuple[int, ...]
    classes: tuple[ClassDifference, ...]


def compared_pairs(trainings: Sequence[ComparedTraining]) -> tuple[ComparedPair, ...]:
    """All pairs, in the order of their indices, with their tests where possible."""
    pairs = [*itertools.combinations(range(len(trainings)), 2)]
    found = {pair: _outcome(trainings[pair[0]], trainings[pair[1]]) for pair in pairs}
    tests = {pair: one for pair, one in found.items() if isinstance(one, Paired)}
    settings = [training.settings for training in trainings]
    counted = family(settings, [*tests]) or [*tests]
    adjusted = dict(zip(counted, holm([tests[pair].p for pair in counted]), strict=True))
    return tuple(
        ComparedPair(
            *pair,
            _words(trainings[pair[0]], trainings[pair[1]], one, adjusted.get(pair), len(counted)),
            one,
            adjusted.get(pair),
        )
        if isinstance(one, Paired)
        else ComparedPair(*pair, one)
        for pair, one in found.items()
    )


def _words(
    a: ComparedTraining, b: ComparedTraining, found: Paired, adjusted: float | None, tests: int
) -> str:
    together = 1 if adjusted is None else tests
    bound = shows_from(found.only_a + found.only_b, found.images, together)
    return comparison_text.paired_words(a.label, b.label, found, adjusted, tests, bound)


def _outcome(a: ComparedTraining, b: ComparedTraining) -> Paired | str:
    try:
        found, other = _comparable(a, b)
    except UsageError as error:
        return str(error)
    _, hits, others = _hits(found, other)
    return paired(hits, others) if len(hits) else comparison_text.no_common_image(a.label, b.label)


def pair_images(a: ComparedTraining, b: ComparedTraining) -> PairImages:
    """What two networks disagree on.

    Raises UsageError where they were not validated on the same images, or have kept no judgements.
    """
    found, other = _comparable(a, b)
    counted, hits, others = _hits(found, other)
    at = np.flatnonzero(counted)
    return PairImages(
        tuple(at[hits & ~others].tolist()),
        tuple(at[others & ~hits].tolist()),
        class_differences(found.labels[counted], hits, others, a.classes),
    )


def _comparable(a: ComparedTraining, b: ComparedTraining) -> tuple[Predictions, Predictions]:
    """Raises UsageError with the reason why there is no paired test."""
    for one in (a, b):
        if one.predictions is None:
            raise UsageError(one.lacking)
    assert a.predictions is not None
    assert b.predictions is not None
    if a.classes != b.classes:
        raise UsageError(comparison_text.other_classes(a.label, b.label))
    if a.predictions.digest != b.predictions.digest or not _labels_agree(
        a.predictions, b.predictions
    ):
        raise UsageError(comparison_text.other_images(a.label, b.label))
    return a.predictions, b.predictions


def _labels_agree(a: Predictions, b: Predictions) -> bool:
    if len(a.labels) != len(b.labels):
        return False
    counted = _counted(a, b)
    return bool((a.labels[counted] == b.labels[counted]).all())


def _counted(a: Predictions, b: Predictions) -> NDArray[np.bool_]:
    """Which images (N,) both networks could judge."""
    counted: NDArray[np.bool_] = (a.labels != LEFT_OUT) & (b.labels != LEFT_OUT)
    return counted


def _hits(
    a: Predictions, b: Predictions
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which images (N,) count, and which of those each network has right."""
    counted = _counted(a, b)
    hits, others = ((one.labels == one.predicted)[counted] for one in (a, b))
    return counted, hits, others
