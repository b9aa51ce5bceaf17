"""The paired tests of all pairs of trainings that were validated on the same images."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.comparison import comparison_text
from engine.comparison.class_differences import ClassDifference, class_differences
from engine.comparison.common_images import CommonImages, common_images
from engine.comparison.compared_training import ComparedTraining
from engine.comparison.paired_test import Paired, paired, shows_from
from engine.comparison.seed_groups import family
from engine.comparison.several_tests import ALPHA, holm
from engine.errors import UsageError
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
    """What two networks disagree on: images and classes.

    Of each image in `only_a` and `only_b`, only that network is right. Its index is that in the
    validation images of the other network, which can be asked about it.
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
        common, hits, others = _hits(a, b)
    except UsageError as error:
        return str(error)
    return paired(hits, others, common.left_out)


def pair_images(a: ComparedTraining, b: ComparedTraining) -> PairImages:
    """What two networks disagree on.

    Raises UsageError where they were not validated on the same images, or have kept no judgements.
    """
    common, hits, others = _hits(a, b)
    assert a.predictions is not None
    return PairImages(
        tuple(common.b[hits & ~others].tolist()),
        tuple(common.a[others & ~hits].tolist()),
        class_differences(a.predictions.labels[common.a], hits, others, a.classes),
    )


def _hits(
    a: ComparedTraining, b: ComparedTraining
) -> tuple[CommonImages, NDArray[np.bool_], NDArray[np.bool_]]:
    """The images (N,) that count, and which of those each network has right.

    Raises UsageError with the reason why there is no paired test.
    """
    first, second = _judgements(a), _judgements(b)
    if a.classes != b.classes:
        raise UsageError(comparison_text.other_classes(a.label, b.label))
    common = common_images(a, b)
    hits = (first.labels == first.predicted)[common.a]
    return common, hits, (second.labels == second.predicted)[common.b]


def _judgements(training: ComparedTraining) -> Predictions:
    """Raises UsageError where there are none."""
    if training.predictions is None:
        raise UsageError(training.lacking)
    return training.predictions
