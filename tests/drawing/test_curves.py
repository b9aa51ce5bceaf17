from __future__ import annotations

import math

from engine.history import History
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing.axis import Limits
from tui.drawing.cells import Span
from tui.drawing.curves import curve_pane
from tui.drawing.series import (
    Series,
    accuracy_limits,
    accuracy_series,
    loss_limits,
    loss_series,
)

FALLING = [(x / 10, 2 * 0.8**x) for x in range(21)]


def test_a_curve_with_its_validation_points() -> None:
    series = Series(FALLING, [(1.0, 0.4), (2.0, 1.0)], [])
    assert drawn(curve_pane(series, 30, 5, span=2, limits=(0.0, 2.0))) == [
        "   2┤⠱⡀",
        "    │ ⠑⢄",
        "    │   ⠑⠤⡀                  o",
        "    │     ⠈⠒⠤⣀⡀  o",
        "   0┤         ⠈⠉⠉⠒⠒⠢⠤⠤⠤⠤⠤⢄⣀⣀⣀⣀",
    ]


def test_the_axis_is_shared_whatever_the_curve_fills_of_it() -> None:
    series = Series(FALLING, [(2.0, 0.4)], [])
    assert drawn(curve_pane(series, 30, 4, span=4, limits=(0.0, 2.0))) == [
        "   2┤⢣",
        "    │ ⢣",
        "    │  ⠑⢄",
        "   0┤    ⠉⠑⠢⠤⠤⢄⣀⣀o",
    ]


def test_the_inks_tell_training_from_validation() -> None:
    line = [(0.0, 2.0), (2.0, 2.0)]
    rows = curve_pane(Series(line, [(1.0, 2.0)], []), 12, 1, span=2, limits=(0.0, 2.0))
    assert rows[0] == (Span("⠉" * 6, "train"), Span("o", "validation"), Span("⠉" * 5, "train"))


def test_a_high_pane_begins_with_the_recent_steps() -> None:
    series = Series(FALLING, [], [(step, float(step % 8)) for step in range(16)])
    rows = curve_pane(series, 23, 8, span=2, limits=(0.0, 2.0))
    assert drawn(rows)[0] == "recent ▁▂▃▄▅▅▆▇▁▂▃▄▅▅▆▇"
    assert drawn(curve_pane(series, 23, 7, span=2, limits=(0.0, 2.0)))[0].startswith("   2┤")


def test_values_that_are_not_finite_leave_a_gap_below_their_sign() -> None:
    line = [(x / 10, math.nan if 6 <= x < 10 else 1.0) for x in range(20)]
    rows = curve_pane(Series(line, [], []), 25, 3, span=2, limits=(0.0, 2.0))
    assert drawn(rows) == [
        "   2┤      nan",
        "    │⠤⠤⠤⠤⠤⠄    ⠤⠤⠤⠤⠤⠤⠤⠤⠤⠄",
        "   0┤",
    ]
    assert [span.ink for span in rows[0] if span.text == "nan"] == ["error"]


def test_a_validation_that_is_not_finite_has_its_sign_once() -> None:
    points = [(1.0, 1.0), (2.0, math.nan), (3.0, math.nan), (4.0, 1.0)]
    rows = drawn(curve_pane(Series([], points, []), 25, 2, span=4, limits=(0.0, 2.0)))
    assert rows == ["   2┤          nan", "   0┤     o             o"]


def test_many_epochs_show_each_second_or_fourth_point() -> None:
    points = [(float(epoch), 1.0) for epoch in range(1, 101)]
    rows = drawn(curve_pane(Series([], points, []), 25, 1, span=100, limits=(0.0, 2.0)))
    assert rows == ["    │   o  o  o  o   o  o"]


def _loss_limits(history: History) -> Limits:
    return loss_limits(loss_series(history), len(history.classes))


def test_limits_hold_the_loss_of_a_guess_and_the_accuracy_up_to_all() -> None:
    assert _loss_limits(examples.half_done()) == (0.0, 2.5)
    assert _loss_limits(examples.just_started()) == (0.0, 2.5)
    assert _loss_limits(examples.hundred_classes()) == (0.0, 5.0)
    assert accuracy_limits(accuracy_series(examples.half_done())) == (0.0, 100.0)


def test_a_spike_of_the_loss_does_not_flatten_the_curve() -> None:
    history = examples.half_done()
    history.loss.add(600, 5000.0)
    assert _loss_limits(history)[1] < 10


def test_a_broken_run_keeps_its_finite_part() -> None:
    line = loss_series(examples.broken()).line
    assert math.isfinite(line[0][1])
    assert math.isnan(line[-1][1])
