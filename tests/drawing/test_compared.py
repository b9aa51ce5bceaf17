"""The plot, the axis and the table of a comparison."""

from __future__ import annotations

import math

import pytest

from tests.drawing.examples import drawn
from tui.drawing import cells, compared_axis
from tui.drawing.axis import Limits
from tui.drawing.compared_plot import INKS, Overlaid, compared_plot, ink_of
from tui.drawing.compared_rows import rows_below, seen_rows
from tui.drawing.scale import Scale
from tui.drawing.table import Column

SCALE = Scale(0.0, 2.0)


def falling(letter: str, high: float = 2.0) -> Overlaid:
    return Overlaid(letter, ink_of(ord(letter) - ord("a")), [(x, high * 0.9**x) for x in range(48)])


def test_each_curve_has_letters_at_its_end_and_along_it() -> None:
    plot = compared_plot([falling("a"), falling("b", 1.0)], 30, 5, window=(0.0, 1.0), scale=SCALE)
    assert drawn(plot) == [
        "    2┤⢄",
        "     │ ⠣⡀",
        "     │b⡀⠈⠢⣀",
        "     │ ⠈⠑⠢⠤⣉⣒⠤a⣀",
        "    0┤       ⠉⠉⠉⠛⠛⠛⠓⠒⠒b⠒⠒⠒⠒⠒⠒b",
    ]
    inks = {sign: span.ink for row in plot for span in row for sign in span.text if sign in "ab"}
    assert inks == {"a": "run1", "b": "run2"}


def test_a_deviation_is_drawn_thinly_around_its_mean() -> None:
    band = [(0, 2.0), (46, 2.0)], [(0, 0.0), (46, 0.0)]
    one = Overlaid("a", "run1", [(0, 1.0), (46, 1.0)], band)
    assert drawn(compared_plot([one], 30, 3, window=(0.0, 1.0), scale=SCALE)) == [
        "    2┤⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄",
        "     │a⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒a",
        "    0┤⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂",
    ]


def test_a_break_says_nan_and_a_gap_stays_one() -> None:
    one = Overlaid("a", "run1", [(0, 1.0), (10, math.nan), (40, 1.0)], (), [0.25])
    plot = drawn(compared_plot([one], 30, 3, window=(0.0, 1.0), scale=SCALE))
    assert plot[0] == "    2┤      nan"
    assert plot[1] == "     │a                   a"


def test_cursor_and_chosen_range_are_lines() -> None:
    window, chosen = (0.0, 1.0), (0.0, 0.25)
    rows = compared_plot(
        [], 30, 3, window=window, scale=SCALE, cursor=0.5, chosen=chosen, empty=("no curve",)
    )
    plot = drawn(rows)
    assert plot[0] == "    2┤┊     ┊     ┊"
    assert "no curve" in plot[1]


def test_more_curves_than_inks_share_them() -> None:
    assert ink_of(len(INKS)) == ink_of(0)


@pytest.mark.parametrize(
    ("name", "window", "foot"),
    [
        ("epoch", (0.0, 30.0), " epoch ──── 10 ───────── 20 ──────── 30 "),
        ("epoch", (3.2, 3.4), " epoch ─────────── 3.3 ──────────── 3.4 "),
        ("step", (0.0, 1e6), " step ─────────── 500k ───────────── 1M "),
        ("time", (0.0, 7200.0), " time ────────── 1:00:00 ────── 2:00:00 "),
        ("time", (0.0, 20.0), " time ─────────── 10 s ─────────── 20 s "),
        ("images", (0.0, 5e7), " images ────── 20M ─────────── 40M ─────"),
    ],
)
def test_the_axis_has_round_numbers(name: str, window: Limits, foot: str) -> None:
    assert cells.text(compared_axis.ticks(name, window, 40)) == foot


def test_a_cursor_is_always_on_the_axis() -> None:
    foot = cells.text(compared_axis.ticks("epoch", (0.0, 4.0), 40, 6, 2.0))
    assert foot[6 + 17] == "▲"


def test_the_selected_row_is_always_listed() -> None:
    names = Column("run", [f"{i}" for i in range(9)])
    rows = drawn(rows_below([names], 8, 10, 4))
    assert rows == [" run", " 6", " 7", "▸8"]
    assert [seen_rows(9, selected, 4).start for selected in (0, 2, 3, 8)] == [0, 0, 1, 6]
