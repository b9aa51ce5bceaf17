from __future__ import annotations

import math

import pytest

from engine.run.history import History
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import axis, drawing_text
from tui.drawing.cells import Span
from tui.drawing.curves import curve_pane
from tui.drawing.scale import Scale
from tui.drawing.series import (
    Series,
    accuracy_scale,
    accuracy_series,
    in_detail,
    loss_scale,
    loss_series,
    nearest,
    smoothed,
    within,
)

HEIGHT = Scale(0.0, 2.0)

FALLING = [(x / 10, 2 * 0.8**x) for x in range(21)]


def test_a_curve_with_its_validation_points() -> None:
    series = Series(FALLING, [(1.0, 0.4), (2.0, 1.0)], [])
    assert drawn(curve_pane(series, 30, 5, window=(0.0, 2.0), scale=HEIGHT)) == [
        "    2┤⢄",
        "     │⠈⠢⡀",
        "     │  ⠈⠑⢄⡀            ⡀⡀⡀⠄⠔o",
        "     │     ⠈⠑⠢⠤⣀⣀⡠o⠄⠂⠂⠁⠁",
        "    0┤           ⠈⠉⠉⠉⠒⠒⠒⠒⠒⠒⠒⠒⠒",
    ]


@pytest.mark.parametrize("rows", range(1, 9))
def test_equal_values_lie_in_one_row_as_a_curve_and_as_a_mark(rows: int) -> None:
    def drawn_in(series: Series) -> list[int]:
        pane = drawn(curve_pane(series, 10, rows, window=(0.0, 1.0), scale=HEIGHT))
        return [row for row, cells in enumerate(pane) if cells]

    for value in (2 * i / (8 * rows - 2) for i in range(8 * rows - 1)):
        # The mean of seven equal numbers is seldom just that number.
        line = Series([(x / 700, value) for x in range(7)], [], [])
        assert drawn_in(line) == drawn_in(Series([], [(1.0, value)], []))


def test_a_validation_above_the_axis_is_an_arrow() -> None:
    series = Series(FALLING, [(1.0, 300.0), (2.0, 2.0)], [])
    first, *_ = drawn(curve_pane(series, 30, 4, window=(0.0, 2.0), scale=HEIGHT))
    assert first == "    2┤⢄          ⠈↑⠁⠁⠂⠂⠂⠂⠂⠂⠄⠤o"


def test_the_axis_is_shared_whatever_the_curve_fills_of_it() -> None:
    series = Series(FALLING, [(2.0, 0.4)], [])
    assert drawn(curve_pane(series, 30, 4, window=(0.0, 4.0), scale=HEIGHT)) == [
        "    2┤⢄",
        "     │⠈⢆",
        "     │  ⠣⠤⣀      ⢀o⡀",
        "    0┤     ⠉⠉⠒⠒⠒⠒⠒⠂",
    ]


def test_the_inks_tell_training_from_validation() -> None:
    line = [(0.0, 2.0), (2.0, 2.0)]
    rows = curve_pane(Series(line, [(1.0, 2.0)], []), 12, 1, window=(0.0, 2.0), scale=HEIGHT)
    assert rows[0] == (Span("⠉" * 6, "train"), Span("o", "validation"), Span("⠉" * 5, "train"))


def test_a_high_pane_begins_with_the_recent_steps() -> None:
    recent = [(step, 100.0 + 4 * step, float(step % 8)) for step in range(16)]
    series = Series(FALLING, [], recent)
    rows = curve_pane(series, 35, 8, window=(0.0, 2.0), scale=HEIGHT)
    assert drawn(rows)[0] == "last 60 s ▂▃▃▄▅▅▅▆▇▁▁▂▃▄▄▅▅▆▆▇│ now"
    rows = curve_pane(series, 35, 8, window=(0.0, 2.0), scale=HEIGHT, ended=True)
    assert drawn(rows)[0].endswith("│ end")
    without_times = Series(FALLING, [], [(step, 100.0, value) for step, _, value in recent])
    rows = curve_pane(without_times, 35, 8, window=(0.0, 2.0), scale=HEIGHT)
    assert drawn(rows) == drawn(
        curve_pane(Series(FALLING, [], []), 35, 8, window=(0.0, 2.0), scale=HEIGHT)
    )
    rows = curve_pane(series, 35, 7, window=(0.0, 2.0), scale=HEIGHT)
    assert drawn(rows)[0].startswith("    2┤")


def test_values_that_are_not_finite_leave_a_gap_below_their_sign() -> None:
    line = [(x / 10, math.nan if 6 <= x < 10 else 1.0) for x in range(20)]
    rows = curve_pane(Series(line, [], []), 25, 3, window=(0.0, 2.0), scale=HEIGHT)
    assert drawn(rows) == [
        "    2┤     nan",
        "     │⠒⠒⠒⠒⠒    ⠐⠒⠒⠒⠒⠒⠒⠒⠒⠂",
        "    0┤",
    ]
    assert [span.ink for span in rows[0] if span.text == "nan"] == ["error"]


def test_a_validation_that_is_not_finite_has_its_sign_once() -> None:
    points = [(1.0, 1.0), (2.0, math.nan), (3.0, math.nan), (4.0, 1.0)]
    rows = drawn(curve_pane(Series([], points, []), 25, 2, window=(0.0, 4.0), scale=HEIGHT))
    assert rows == ["    2┤   ⢀o⡀   nan     ⢀o", "    0┤"]


def test_many_epochs_are_a_line_with_a_sign_here_and_there() -> None:
    points = [(float(epoch), 1.0) for epoch in range(1, 101)]
    rows = drawn(curve_pane(Series([], points, []), 25, 1, window=(0.0, 100.0), scale=HEIGHT))
    assert rows == ["     │⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤o⠤⠤⠤⠤⠤o"]


def test_a_cursor_stands_behind_the_curves() -> None:
    series = Series(FALLING, [(1.0, 0.4)], [])
    rows = curve_pane(series, 30, 4, window=(0.0, 2.0), scale=HEIGHT, cursor=1.0)
    assert drawn(rows) == [
        "    2┤⢄           ┊",
        "     │ ⠑⠤⣀        ┊",
        "     │    ⠑⠢⠤⢄⣀⣀ ⢀o⡀",
        "    0┤          ⠉⠉⠉⠑⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒",
    ]
    assert Span("o", "key") in rows[2]


def test_a_window_shows_its_stretch_of_the_epochs() -> None:
    series = within(Series(FALLING, [(1.0, 1.9), (2.0, 1.0)], []), (1.0, 2.0))
    rows = curve_pane(series, 30, 3, window=(1.0, 2.0), scale=HEIGHT)
    assert drawn(rows) == [
        "    2┤o⠄⠄⠄⡀⡀⡀⡀⡀⡀⡀⡀",
        "     │            ⠁⠁⠁⠁⠁⠁⠁⠁⠂⠂⠒o",
        "    0┤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒",
    ]


def test_a_logarithmic_axis_makes_a_line_of_a_power() -> None:
    line = [(x / 10, 10.0 ** (-x / 10)) for x in range(21)]
    line.append((1.05, 0.0))
    rows = curve_pane(
        Series(line, [], []), 17, 4, window=(0.0, 2.0), scale=Scale(0.01, 1.0, log=True)
    )
    assert drawn(rows) == ["⠤⣀⣀", "   ⠑⠒⠢⠤⣀⣀", "         ⠑⠒⠢⠤⣀", "              ⠉⠑⠒"]


def test_before_anything_is_measured_a_sentence_says_what_comes() -> None:
    rows = curve_pane(Series([], [], []), 65, 3, window=(0.0, 1.0), scale=HEIGHT)
    assert drawn(rows) == [
        "    2┤",
        "     │the first steps begin the curve, each epoch adds a mark: o",
        "    0┤",
    ]


def test_smoothing_weighs_by_distance_and_keeps_what_is_no_number() -> None:
    line = [(0.0, 1.0), (1 / 256, 0.0), (2 / 256, math.nan), (3 / 256, 0.0)]
    found = smoothed(Series(line, [], []), 0.5, (0.0, 1.0)).line
    assert [x for x, _ in found] == [x for x, _ in line]
    assert [found[i][1] for i in (0, 1, 3)] == [1.0, 0.5 / 1.5, 0.125 / 1.375]
    assert math.isnan(found[2][1])
    assert smoothed(Series(line, [], []), 0.0, (0.0, 1.0)).line is line


def test_recent_values_stand_each_for_itself_in_detail() -> None:
    series = Series([(0.05, 9.0), (0.15, 5.0), (0.25, 6.0)], [], [(2, 0.0, 3.0), (3, 0.0, 4.0)])
    assert in_detail(series, 10).line == [(0.05, 9.0), (0.15, 5.0), (0.2, 3.0), (0.3, 4.0)]


def test_the_nearest_value_within_reach() -> None:
    line = [(1.0, 10.0), (2.0, 20.0)]
    assert [nearest(line, at, 0.6) for at in (0.0, 0.5, 1.4, 1.6, 2.5, 3.0)] == [
        None,
        10.0,
        10.0,
        20.0,
        20.0,
        None,
    ]
    assert nearest([], 1.0, 1.0) is None


def _loss_scale(history: History) -> Scale:
    return loss_scale(loss_series(history), len(history.classes))


def test_limits_hold_the_loss_of_a_guess_and_the_accuracy_up_to_all() -> None:
    assert _loss_scale(examples.half_done()) == (0.0, 2.5, False)
    assert _loss_scale(examples.just_started()) == (0.0, 2.5, False)
    assert _loss_scale(examples.hundred_classes()) == (0.0, 5.0, False)
    assert accuracy_scale(accuracy_series(examples.half_done())) == (0.0, 100.0, False)


def test_a_spike_of_the_loss_does_not_flatten_the_curve() -> None:
    history = examples.half_done()
    history.loss.add(600, 5000.0)
    assert _loss_scale(history).high < 10


def test_a_close_look_is_between_the_lowest_and_the_highest() -> None:
    late = within(loss_series(examples.half_done()), (10.0, 14.0))
    assert loss_scale(late, 10, close=True) == (0.35, 0.5, False)
    sharp = within(accuracy_series(examples.half_done()), (10.0, 14.0))
    assert accuracy_scale(sharp, close=True) == (85.0, 90.0, False)


def test_a_logarithmic_loss_keeps_its_limits_while_they_fit() -> None:
    series = loss_series(examples.half_done())
    scale = loss_scale(series, 10, log=True)
    assert scale == (0.3, 3.0, True)
    lower = Series([*series.line, (12.5, 0.31)], [], [])
    assert loss_scale(lower, 10, log=True, previous=scale) is scale


def test_a_broken_run_keeps_its_finite_part() -> None:
    line = loss_series(examples.broken()).line
    assert math.isfinite(line[0][1])
    assert math.isnan(line[-1][1])


def test_an_empty_pane_of_a_small_terminal_holds_its_whole_sentence() -> None:
    """Two panes share 80 columns."""
    assert len(drawing_text.NO_CURVE_SHORT) <= 40 - 2 - axis.gutter(38)
