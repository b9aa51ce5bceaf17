from __future__ import annotations

import math

import pytest

from tests.drawing.examples import drawn
from tui.drawing import scale
from tui.drawing.axis import Limits
from tui.drawing.cells import row
from tui.drawing.scale import Scale


@pytest.mark.parametrize(
    ("low", "high", "limits", "labels"),
    [
        (0.0, 2.31, (0.0, 2.5), ("0", "2.5")),
        (10.2, 99.0, (0.0, 100.0), ("0", "100")),
        (99.5, 100.0, (99.5, 100.0), ("99.5", "100")),
        (0.0, 0.0123, (0.0, 0.02), ("0", "0.02")),
        (0.0, 0.001, (0.0, 0.001), ("0", "0.001")),
        (0.0, 1.5e-4, (0.0, 2e-4), ("0", "2e-4")),
        (0.0, 12_345.0, (0.0, 15_000.0), ("0", "15k")),
        (3.0, 3.0, (1.0, 5.0), ("1", "5")),
        (0.0, 0.0, (0.0, 1.0), ("0", "1")),
        (math.nan, 1.0, (0.0, 1.0), ("0", "1")),
    ],
)
def test_limits_are_round(low: float, high: float, limits: Limits, labels: tuple[str, str]) -> None:
    found = scale.round_limits(low, high)
    assert found == pytest.approx(limits)
    assert tuple(scale.y_label(limit) for limit in found) == labels


def test_limits_stay_while_they_hold_the_values_and_are_half_full() -> None:
    before = (0.0, 2.5)
    assert scale.round_limits(0.0, 1.3, previous=before) == before
    assert scale.round_limits(0.0, 1.2, previous=before) == (0.0, 1.5)
    assert scale.round_limits(0.0, 2.6, previous=before) == (0.0, 3.0)
    assert scale.round_limits(math.nan, 2.6, previous=before) == before


def test_labels_stand_at_the_ends_of_the_y_axis() -> None:
    plot = [row("abc"), row("def"), row("ghi")]
    assert drawn(scale.beside_labels(plot, Scale(0.0, 2.5), 6)) == [
        "  2.5┤abc",
        "     │def",
        "    0┤ghi",
    ]
    assert scale.beside_labels(plot, Scale(0.0, 2.5), 0) == plot


def _labels(of: Scale, rows: int) -> list[str]:
    """What stands beside the rows, from the top."""
    return [line.strip(" ┤│") for line in drawn(scale.beside_labels([()] * rows, of, 6))]


def test_a_high_plot_has_labels_that_divide_the_axis_evenly() -> None:
    assert _labels(Scale(0.0, 100.0), 7) == ["100", "", "", "50", "", "", "0"]
    assert [label for label in _labels(Scale(0.0, 2.5), 20) if label] == [
        "2.5",
        "2",
        "1.5",
        "1",
        "0.5",
        "0",
    ]
    assert _labels(Scale(0.0, 2.5), 7) == ["2.5", "", "", "", "", "", "0"]


def test_a_logarithmic_axis_has_decades_first() -> None:
    assert _labels(Scale(0.01, 1.0, log=True), 9) == ["1", "", "", "", "0.1", "", "", "", "0.01"]
    assert [label for label in _labels(Scale(0.2, 3.0, log=True), 16) if label] == [
        "3",
        "1",
        "0.5",
        "0.2",
    ]


@pytest.mark.parametrize(
    ("low", "high", "limits"),
    [
        (0.27, 2.32, (0.2, 3.0)),
        (1e-5, 4.0, (1e-5, 5.0)),
        (0.5, 0.5, (0.2, 1.0)),
        (0.0, 1.0, (1e-100, 1.0)),
    ],
)
def test_logarithmic_limits_have_one_digit(low: float, high: float, limits: Limits) -> None:
    assert scale.log_limits(low, high) == (*limits, True)


def test_a_logarithmic_axis_holds_what_is_above_nought() -> None:
    log = Scale(0.01, 1.0, log=True)
    assert [log.holds(value) for value in (0.1, 0.0, -1.0, math.nan, math.inf)] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert [log.share(value) for value in (0.0, 0.01, 0.1, 1.0)] == [0.0, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("value", "label"),
    [(13275.0, "13.275k"), (1327.5, "1327.5"), (1.325e-4, "1.325e-4"), (0.1 + 0.2, "0.3")],
)
def test_a_division_is_labelled_exactly(value: float, label: str) -> None:
    assert scale.y_label(value) == label
