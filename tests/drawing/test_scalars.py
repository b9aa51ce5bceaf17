"""Several named curves in one plot, and the list of their names."""

from __future__ import annotations

import math

import pytest

from tests.drawing.examples import drawn
from tui.drawing.scale import Scale
from tui.panes.scalars.scalar_drawing import INKS, Scalar, amount, scalar_pane, scale_for

FALLING = [(x / 10, 3 * 0.8**x) for x in range(21)]
FLAT = [(x / 10, 4000.0 + 100 * (x % 2)) for x in range(21)]
SPEED = Scalar("images/s", 4012.3, 0, FLAT, Scale(3000, 5000))
NORM = Scalar("gradient_norm", 0.0345, 1, FALLING, Scale(0, 4))
OTHER = Scalar("temperature", 1.25e-5)


def pane(*scalars: Scalar, selected: int = 0, width: int = 76, height: int = 6) -> list[str]:
    return drawn(scalar_pane(scalars, selected, width, height, window=(0.0, 2.0)))


def test_each_curve_has_its_own_range_and_the_axis_is_that_of_the_selected_one() -> None:
    assert pane(SPEED, NORM, OTHER) == [
        " 5000┤                                  name                last  range",
        "     │⡀                                ›a images/s          4012  3000–5000",
        "     │⣈⣢⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀a  b gradient_norm   0.0345  0–4",
        "     │   ⠑⠢⢄⡀                             temperature    1.25e-5",
        "     │      ⠈⠑⠒⠤⠤⠤⣀⣀⣀",
        " 3000┤               ⠉⠉⠉⠉⠉⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒b",
    ]
    assert pane(SPEED, NORM, OTHER, selected=1)[0].startswith("    4┤")


def test_dots_of_two_curves_in_one_cell_are_all_seen_in_the_ink_of_the_selected() -> None:
    low = Scalar("low", 0.0, 0, [(0.0, 0.0), (2.0, 0.0)], Scale(0, 1))
    high = Scalar("high", 1.0, 1, [(0.0, 1.0), (2.0, 1.0)], Scale(0, 1))
    rows = scalar_pane([low, high], 0, 10, 1, window=(0.0, 2.0))
    assert drawn(rows) == ["⣉⣉⣉⣉⣉⣉⣉⣉⣉a"]
    assert rows[0][0].ink == INKS[0]
    assert scalar_pane([low, high], 1, 10, 1, window=(0.0, 2.0))[0][0].ink == INKS[1]


def test_a_value_that_is_not_finite_is_said_and_breaks_the_curve() -> None:
    broken = NORM._replace(value=math.nan, line=[*FALLING[:8], (0.8, math.nan), *FALLING[12:]])
    assert pane(broken, width=40) == [
        "    4┤             nan",
        "     │⡀",
        "     │⠈⠢⣀",
        "     │   ⠑⠢⠤⣀",
        "     │       ⠉⠒⠢⠤⠤",
        "    0┤                    ⠉⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒b",
    ]


@pytest.mark.parametrize(
    ("shown", "width", "words"),
    [
        (True, 66, "the first steps fill it"),
        (True, 120, "the first steps bring images/s and gradient_norm"),
        (False, 66, "Space: show it"),
    ],
)
def test_an_empty_plot_says_what_will_fill_it(shown: bool, width: int, words: str) -> None:
    nothing = Scalar("images/s", None, 0 if shown else None)
    rows = pane(nothing, width=width)
    assert any(words in row for row in rows)
    assert rows[1].endswith("images/s        –")


def test_the_selected_name_is_seen_in_a_list_that_is_too_long() -> None:
    many = [Scalar(f"n{i}", float(i)) for i in range(20)]
    rows = pane(*many, selected=12)
    assert [row.split()[-2] for row in rows[1:]] == ["n8", "n9", "n10", "n11", "n12"]
    assert "›  n12" in rows[-1]


def test_a_long_name_loses_its_beginning_but_not_its_letter() -> None:
    long = NORM._replace(name="a_very_long_name_of_a_number_that_somebody_measures_norm")
    assert "›b …" in pane(long)[1]
    assert "_norm" in pane(long)[1]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "–"),
        (math.nan, "nan"),
        (4012.3, "4012"),
        (0.35339, "0.3534"),
        (1.25e-5, "1.25e-5"),
        (123456.0, "1.235e5"),
        (0.0, "0"),
    ],
)
def test_amounts_have_four_digits(value: float | None, written: str) -> None:
    assert amount(value) == written


def test_limits_are_round_and_stay() -> None:
    first = scale_for(FALLING, log=False)
    assert first == Scale(0.0, 3.0)
    assert scale_for(FALLING[1:], log=False, previous=first) == first
    assert scale_for(FALLING, log=True) == Scale(0.03, 3.0, log=True)
    assert scale_for([(0.0, -1.0)], log=True) == Scale(0.1, 1.0, log=True)
    assert scale_for([], log=False) == Scale(0.0, 1.0)
