"""The benchmark of doubtful labels: which labels it exchanges, and how it measures a ranking."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.suspects import DIGIT_PAIRS, Kind, exchanged, precisions

RIGHT = np.arange(1000) % 10
PARTNERS = {frozenset(pair) for pair in DIGIT_PAIRS}


@pytest.mark.parametrize(
    ("kind", "wrong", "pairs"), [("clean", 0, 0), ("pairs", 100, 100), ("half", 100, 50)]
)
def test_it_exchanges_so_many_labels_and_so_many_of_them_in_pairs(
    kind: Kind, wrong: int, pairs: int
) -> None:
    given = exchanged(RIGHT, kind, 0.1, DIGIT_PAIRS, np.random.default_rng(1))
    changed = np.flatnonzero(given != RIGHT)
    by_pair = sum(frozenset((int(RIGHT[i]), int(given[i]))) in PARTNERS for i in changed)
    assert len(changed) == wrong
    assert pairs <= by_pair <= pairs + (20 if kind == "half" else 0)  # some by chance
    assert {*given.tolist()} == {*range(10)}


def test_random_labels_are_any_other_class() -> None:
    given = exchanged(RIGHT, "random", 0.5, DIGIT_PAIRS, np.random.default_rng(1))
    assert np.count_nonzero(given != RIGHT) == 500
    assert {*((given - RIGHT) % 10).tolist()} == {*range(10)}


def test_precisions_are_those_by_hand() -> None:
    scores = np.array([9.0, 8.0, 7.0, 6.0, 5.0, -np.inf])
    wrong = np.array([True, False, True, True, False, True])
    average, precision = precisions(scores, wrong)
    assert average == pytest.approx((1 / 1 + 2 / 3 + 3 / 4 + 4 / 6) / 4)
    assert precision == pytest.approx(4 / 6)  # 80 % of four are all of them
    assert precisions(scores, np.array([True, True, *[False] * 4])) == (1.0, 1.0)
