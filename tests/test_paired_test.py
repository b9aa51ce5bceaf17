"""The exact paired test: its p against the binomial sum, its interval, and what would show."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.comparison.paired_test import interval, paired, shows_from, two_sided
from engine.comparison.several_tests import ALPHA, holm

# The two roundings of a float may differ.
LAST_BIT = 3e-16


def whole_sum(fewer: int, trials: int) -> float:
    """The two-sided p, by its definition: twice the smaller tail of a fair coin."""
    tail = sum(math.comb(trials, i) for i in range(fewer + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 2**trials)))


def test_p_equals_the_whole_sum_of_the_binomial_distribution() -> None:
    for trials in range(61):
        for fewer in range(trials // 2 + 1):
            assert two_sided(fewer, trials) == pytest.approx(whole_sum(fewer, trials), rel=LAST_BIT)


@given(st.integers(500, 2500), st.data())
def test_p_is_exact_for_many_images(trials: int, data: st.DataObject) -> None:
    fewer = data.draw(st.integers(0, trials // 2))
    assert two_sided(fewer, trials) == pytest.approx(whole_sum(fewer, trials), rel=LAST_BIT)


def test_p_of_fifty_thousand_images_is_that_of_scipy() -> None:
    # scipy.stats.binomtest(24_800, 50_000).pvalue, scipy 1.17
    assert two_sided(24_800, 50_000) == pytest.approx(0.07436051924948761, rel=1e-9)
    assert two_sided(25_000, 50_000) == 1.0
    assert two_sided(0, 50_000) == 0.0, "too small for a float"


def of_counts(both: int, only_a: int, only_b: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = (both, only_a, only_b, neither)
    return np.repeat([True, True, False, False], counts), np.repeat(
        [True, False, True, False], counts
    )


def test_the_four_kinds_of_images_are_counted() -> None:
    found = paired(*of_counts(800, 41, 18, 141))
    assert (found.both, found.only_a, found.only_b, found.neither) == (800, 41, 18, 141)
    assert found.images == 1000
    assert found.difference == pytest.approx(0.023)
    assert found.p == pytest.approx(0.00379, abs=1e-5)


def test_networks_that_are_right_on_the_same_images_do_not_differ() -> None:
    found = paired(*of_counts(90, 0, 0, 10))
    assert (found.p, found.difference) == (1.0, 0.0)
    assert found.low == pytest.approx(-found.high)
    assert 0.0 < found.high < 0.03, "100 images do not prove that no image can tell them apart"


def test_the_other_way_round_the_difference_has_the_other_sign() -> None:
    a, b = of_counts(10, 7, 1, 2)
    found, turned = paired(a, b), paired(b, a)
    assert (turned.difference, turned.low, turned.high) == (
        -found.difference,
        -found.high,
        -found.low,
    )
    assert turned.p == found.p == 2 * (1 + 8) / 2**8


def test_the_interval_is_that_of_bonett_and_price() -> None:
    # By hand: (6 + 1) / 102 - 1 / 102, and 1.95996 · sqrt((8 / 102 - (6 / 102)²) / 102).
    assert interval(6, 0, 100) == pytest.approx((0.005687, 0.111960), abs=1e-6)
    low, high = interval(3, 0, 3)
    assert -1.0 <= low < high <= 1.0


@given(st.integers(0, 400))
def test_what_would_show_is_the_smallest_lead_below_five_percent(disagreed: int) -> None:
    images = 500
    found = paired(*of_counts(images - disagreed, disagreed, 0, 0))
    lead = round(found.shows_from * images)
    trials = max(6, disagreed)
    fewer = (trials - lead) // 2
    assert 2 * fewer + lead == trials
    assert whole_sum(fewer, trials) <= ALPHA < whole_sum(fewer + 1, trials)


def test_holm_is_that_of_the_paper_and_never_turns_the_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8))
def test_what_holm_rejects_lies_below_the_bound_for_all_tests(
    decisive: list[tuple[int, int]],
) -> None:
    chances = [two_sided(min(one), sum(one)) for one in decisive]
    for (a, b), adjusted in zip(decisive, holm(chances), strict=True):
        shows = abs(a - b) / 200 >= shows_from(a + b, 200, len(decisive))
        assert adjusted <= ALPHA or not shows
