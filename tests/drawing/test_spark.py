from __future__ import annotations

import math

import pytest

from tui.drawing import spark


def test_blocks_from_the_lowest_to_the_highest() -> None:
    assert spark.sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"


def test_fewer_values_than_cells_stand_at_the_right() -> None:
    assert spark.sparkline([0, 7], 5) == "   ▁█"


def test_more_values_than_cells_are_averaged() -> None:
    assert spark.sparkline([0, 0, 4, 4, 7, 7], 3) == "▁▅█"


def test_values_that_are_not_finite_are_dots_and_do_not_stretch_the_scale() -> None:
    assert spark.sparkline([0, None, math.inf, 7, math.nan], 5) == "▁··█·"


def test_given_limits_cut_off_what_is_beyond() -> None:
    assert spark.sparkline([-5, 5, 20], 3, low=0, high=10) == "▁▅█"


def test_a_constant_is_half_high() -> None:
    assert spark.sparkline([3, 3, 3], 3) == "▅▅▅"


def test_no_room_and_no_values() -> None:
    assert spark.sparkline([1, 2], 0) == ""
    assert spark.sparkline([], 3) == "   "


def test_values_over_time_are_means_of_equal_stretches_up_to_now() -> None:
    points = [(float(second), float(second)) for second in range(20)]
    assert spark.over_time(points, 4, 8) == [12.5, 14.5, 16.5, 18.5]
    assert spark.over_time(points[:2], 6, 12) == [None, None, None, 0.5, 0.5, 0.5]
    assert spark.over_time([], 2, 8) == [None, None]
    assert spark.over_time(points, 0, 8) == []


def test_a_value_stands_for_the_time_since_the_one_before_unless_that_is_long() -> None:
    points = [(0.0, 1.0), (2.0, 2.0), (9.0, 3.0)]
    assert spark.over_time(points, 10, 10) == [1.0, 2.0, 2.0, None, None, None, None, 3.0, 3.0, 3.0]
    assert spark.with_gaps([0.0, None, math.nan, 1.0], 0.0, 1.0) == "▁ ·█"


def test_a_new_value_changes_the_last_columns_alone_until_the_next_begins() -> None:
    points = [(float(second), float(second)) for second in range(20)]
    before, after = spark.over_time(points[:19], 4, 8), spark.over_time(points, 4, 8)
    assert before[:3] == after[:3]
    assert before[3] != after[3]


@pytest.mark.parametrize(
    ("seconds", "every", "span"),
    [(5, 1, 10), (45, 1, 60), (900, 1, 60), (900, 10, 300), (20_000, 600, 14_400)],
)
def test_the_newest_values_are_those_of_a_minute_or_of_as_long_as_a_few_take(
    seconds: int, every: int, span: int
) -> None:
    assert spark.recent_span([float(time) for time in range(0, seconds, every)]) == span


def test_meter() -> None:
    assert spark.meter(0.6, 5) == "▇▇▇▁▁"
    assert spark.meter(math.nan, 3) == "▁▁▁"
    assert spark.meter(7.0, 3) == "▇▇▇"


def test_a_bar_has_one_height() -> None:
    assert spark.bar(0.5, 5) == "▇▇   "
    assert spark.bar(1.0, 2) == "▇▇"
    assert spark.bar(None, 2) == "  "
