from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from engine import numbers
from engine.protocol.events import MaybeMeasured


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.4123, "0.412"),
        (0.04, "0.0400"),
        (2.3, "2.30"),
        (12.345, "12.3"),
        (100.0, "100"),
        (999.7, "1,000"),
        (1234.5, "1,234"),
        (1e-5, "1.00e-5"),
        (1.2e6, "1.20e6"),
        (None, "nan"),
        (math.inf, "inf"),
        (UNSET, "–"),
    ],
)
def test_a_measured_value_has_three_digits(value: MaybeMeasured, written: str) -> None:
    assert numbers.significant(value) == written


@given(st.floats(1e-12, 1e12))
def test_what_is_written_is_the_value_to_three_digits(value: float) -> None:
    assert float(numbers.significant(value).replace(",", "")) == pytest.approx(value, rel=0.005001)
    assert float(numbers.short(value)) == pytest.approx(value, rel=0.005001)
    assert not numbers.significant(value).startswith(".")


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.412349, "0.41235"), (87.2, "87.200"), (4e-7, "4.0000e-7"), (None, "nan")],
)
def test_exact_has_five_digits(value: MaybeMeasured, written: str) -> None:
    assert numbers.exact(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(0.5, "0.5"), (0.073, "0.073"), (1e-5, "1e-5"), (0.0, "0"), (2e3, "2e3")]
)
def test_a_chosen_number_has_no_digit_too_many(value: float, written: str) -> None:
    assert numbers.short(value) == written


def test_a_share_has_its_unit_unless_that_stands_elsewhere() -> None:
    assert (numbers.share(0.8721), numbers.percent(0.8721)) == ("87.2 %", "87.2")
    assert (numbers.share(None), numbers.percent(None)) == ("nan", "nan")
    assert (numbers.share(UNSET), numbers.percent(UNSET)) == ("–", "–")
    assert (numbers.whole(0.8721), numbers.probability(0.812)) == ("87", "0.81")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (831.0, "831"),
        (999.7, "1.00k"),
        (5123.0, "5.12k"),
        (12_345.0, "12.3k"),
        (2.5e6, "2.50M"),
        (None, "–"),
    ],
)
def test_speed_has_three_digits(value: MaybeMeasured, written: str) -> None:
    assert numbers.speed(value) == written


def test_sizes_and_durations_that_are_not_finite() -> None:
    assert numbers.size(9e7) == "90 MB"
    assert numbers.duration(192.0) == "3:12"
    assert numbers.count(math.inf) == numbers.size(math.inf) == numbers.duration(math.inf) == "inf"
    assert numbers.duration(None) == "nan"


def test_the_points_of_a_column_stand_below_each_other() -> None:
    column = ["0.412", "12.3", "1,234", "–", "nan", "1.00e-5"]
    assert [numbers.at_point(one, 5, 6) for one in column] == [
        "    0.412  ",
        "   12.3    ",
        "1,234      ",
        "    –      ",
        "  nan      ",
        "    1.00e-5",
    ]
