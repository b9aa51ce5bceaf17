from __future__ import annotations

import math

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


def test_latest_takes_the_newest_at_the_right_stretch_of_steps() -> None:
    points = [(step, float(step)) for step in range(10)]
    assert spark.latest(points[:6], 4) == [2, 3, 4, 5]
    assert spark.latest(points, 4) == [2.5, 4.5, 6.5, 8.5]
    assert spark.latest([], 4) == spark.latest(points, 0) == []


def test_a_new_value_changes_the_last_column_alone_until_the_next_begins() -> None:
    points = [(step, float(step)) for step in range(10)]
    before, after = spark.latest(points[:9], 4), spark.latest(points, 4)
    assert before[:3] == after[:3]
    assert before[3] != after[3]


def test_meter() -> None:
    assert spark.meter(0.6, 5) == "▇▇▇▁▁"
    assert spark.meter(math.nan, 3) == "▁▁▁"
    assert spark.meter(7.0, 3) == "▇▇▇"


def test_bar_in_half_cells() -> None:
    assert spark.bar(0.5, 5) == "▇▇▌  "
    assert spark.bar(1.0, 2) == "▇▇"
    assert spark.bar(None, 2) == "  "
