from __future__ import annotations

import math

import pytest
from msgspec import UNSET

from engine.protocol.events import MaybeMeasured
from tui.drawing import numbers


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.4123, "0.412"), (12.345, "12.3"), (1.2e6, "1.2e+06"), (None, "nan"), (math.inf, "inf")],
)
def test_loss(value: MaybeMeasured, written: str) -> None:
    assert numbers.loss(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.412349, "0.41235"), (87.2, "87.200"), (4e-7, "4.0000e-7"), (None, "nan")],
)
def test_exact_has_five_digits(value: MaybeMeasured, written: str) -> None:
    assert numbers.exact(value) == written


def test_bare_leaves_out_the_zero_before_the_point() -> None:
    assert [numbers.bare(text) for text in ("0.412", "-0.5", "10.5", "nan")] == [
        ".412",
        "-.5",
        "10.5",
        "nan",
    ]


@pytest.mark.parametrize(
    ("value", "written"), [(0.073, "0.0730"), (1e-5, "1.00e-5"), (100.0, "100"), (None, "nan")]
)
def test_rate_has_three_digits(value: MaybeMeasured, written: str) -> None:
    assert numbers.rate(value) == written


def test_percent_and_whole() -> None:
    assert (numbers.percent(0.8721), numbers.whole(0.8721)) == ("87.2", "87")
    assert (numbers.percent(UNSET), numbers.whole(math.nan)) == ("nan", "nan")


@pytest.mark.parametrize(
    ("value", "written"),
    [(831.0, "831"), (5123.0, "5.1k"), (12_345.0, "12k"), (2.5e6, "2.5M"), (None, "nan")],
)
def test_speed_in_few_digits(value: MaybeMeasured, written: str) -> None:
    assert numbers.speed(value) == written


def test_sizes_and_durations_that_are_not_finite() -> None:
    assert numbers.size(9e7) == "90 MB"
    assert numbers.duration(192.0) == "3:12"
    assert numbers.count(math.inf) == numbers.size(math.inf) == numbers.duration(math.inf) == "inf"
    assert numbers.duration(None) == "nan"
