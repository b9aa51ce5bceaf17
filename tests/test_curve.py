"""A curve over any number of steps, at fixed memory."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run.curve import BINS, Curve


def test_a_curve_keeps_its_memory_and_its_mean() -> None:
    curve = Curve()
    values = [random.Random(0).random() for _ in range(10 * BINS)]
    for step, value in enumerate(values):
        curve.add(step, value)
    bins = curve.bins()
    assert curve.width == 16
    assert len(bins) == 10 * BINS // 16
    assert bins[0].mean == pytest.approx(sum(values[:16]) / 16)
    assert (bins[0].low, bins[0].high) == (min(values[:16]), max(values[:16]))
    assert bins[3].step == 3 * 16 + 7.5


def test_a_value_that_is_not_finite_breaks_its_bin_only() -> None:
    curve = Curve()
    curve.add(0, 1.0)
    curve.add(1, None)
    first, second = curve.bins()
    assert (first.mean, first.broken) == (1.0, False)
    assert math.isnan(second.mean)
    assert second.broken
    curve.add(BINS, 1.0)
    assert (curve.bins()[0].mean, curve.bins()[0].broken) == (1.0, True)


@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(-1e6, 1e6)), max_size=60))
def test_looking_between_changes_nothing(points: list[tuple[int, float]]) -> None:
    looked, plain = Curve(), Curve()
    for step, value in points:
        looked.add(step, value)
        looked.bins()
        plain.add(step, value)
    assert looked.bins() == plain.bins()


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e6, 1e6)), max_size=60))
def test_any_steps_fit(points: list[tuple[int, float]]) -> None:
    curve = Curve()
    for step, value in points:
        curve.add(step, value)
    bins = curve.bins()
    assert len(bins) <= BINS
    assert [b.step for b in bins] == sorted(b.step for b in bins)
    if points:
        assert max(b.high for b in bins) == max(value for _, value in points)


MAYBE_NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])
SPANS = st.sampled_from([50, 5000, 10**9])


@given(SPANS.flatmap(lambda most: st.lists(st.tuples(st.integers(0, most), MAYBE_NUMBERS))))
def test_many_values_make_the_curve_that_they_make_one_by_one(
    points: list[tuple[int, float]],
) -> None:
    together, alone = Curve(), Curve()
    for part in (points[:10], points[10:]):
        steps = np.array([step for step, _ in part], np.int64)
        together.add_many(steps, np.array([value for _, value in part], np.float64))
        for step, value in part:
            alone.add(step, value if math.isfinite(value) else None)
    assert repr(together.bins()) == repr(alone.bins())  # NaN is no equal of itself
    assert (together.last, together.width, bool(together)) == (
        alone.last,
        alone.width,
        bool(alone),
    )
