"""The points of a curve: all of them, or means of as many as memory allows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tui.viewer.points import Points


def added(points: Points, *values: float, start: int = 0) -> Points:
    steps = np.arange(start, start + len(values), dtype=np.float64)
    points.add(steps, steps / 2, np.array(values, np.float64))
    return points


def test_few_values_are_points_of_their_own() -> None:
    steps, elapsed, values = added(Points(), 3.0, 1.0, 2.0).columns
    assert (steps.tolist(), elapsed.tolist(), values.tolist()) == (
        [0, 1, 2],
        [0, 0.5, 1],
        [3, 1, 2],
    )


def test_beyond_the_most_neighbours_are_one_point() -> None:
    points = added(added(Points(most=4), 1.0, 2.0, 3.0, 4.0), 5.0, 6.0, 7.0, start=4)
    steps, _, values = points.columns
    assert points.together == 2
    assert (steps.tolist(), values.tolist()) == ([0.5, 2.5, 4.5, 6.0], [1.5, 3.5, 5.5, 7.0])
    assert len(points) == 7


def test_a_value_that_is_not_finite_hides_no_neighbour() -> None:
    points = added(Points(most=2), 1.0, np.nan, np.nan, np.nan, 6.0)
    _, _, values = points.columns
    assert values[0] == 1.0
    assert np.isfinite(values[-1])


def test_late_values_of_earlier_steps_take_their_places() -> None:
    points = added(added(Points(), 1.0, 1.0, start=5), 2.0, start=1)
    assert points.columns[0].tolist() == [1, 5, 6]


@given(st.lists(st.integers(1, 40), max_size=12), st.integers(2, 16))
def test_however_they_come_the_mean_is_kept(parts: list[int], most: int) -> None:
    points, start = Points(most), 0
    for length in parts:
        added(points, *map(float, range(start, start + length)), start=start)
        start += length
        assert len(points.columns[0]) <= most + points.together
    steps, _, values = points.columns
    assert steps.tolist() == values.tolist(), "each is the mean of the same neighbours"
