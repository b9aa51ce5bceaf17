"""What is read from a plot is what was drawn, to one dot: all in it has one scale."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.drawing.examples import drawn
from tui.drawing import cells, scale
from tui.drawing.braille import DOTS
from tui.drawing.curves import curve_pane, line_rows
from tui.drawing.plain import to_ascii
from tui.drawing.plot import Line, plot
from tui.drawing.scale import Scale, beside_labels, log_limits, round_limits
from tui.drawing.series import Series

WIDTH = 12
HEIGHTS = st.integers(2, 14)

values = st.floats(1e-7, 2e4)
limits = st.tuples(values, values, st.floats(0, 1))


def read(of: Scale, rows: list[str]) -> list[float]:
    """The values of the dots in the middle of a plot, the ticks being in the middle of their rows.

    A dot is a quarter of a row high, an ASCII sign stands for its place in the cell.
    """
    heights = {"'": [0.5], "-": [1.5], ".": [2.5], "|": [0.5, 1.5, 2.5]}
    found = []
    for row, line in enumerate(rows):
        sign = line[len(line) // 2]
        if sign in heights:
            dots = heights[sign]
        else:
            bits = ord(sign) - 0x2800 if sign != " " else 0
            dots = [bit // 2 for bit, dot in enumerate(DOTS) if bits & dot]
        found += [at(of, row + (dot - 1.5) / 4, len(rows)) for dot in dots]
    return found


def at(of: Scale, row: float, rows: int) -> float:
    """The value at this height in rows, the first and last row having the limits."""
    part = 1 - row / (rows - 1)
    if of.log:
        return 10 ** (math.log10(of.low) + part * (math.log10(of.high) - math.log10(of.low)))
    return of.low + part * (of.high - of.low)


def dots_apart(of: Scale, drawn_value: float, value: float, rows: int) -> float:
    """How many dots lie between two values, without the clamping of `Scale.share`."""
    ends = (of.low, of.high, drawn_value, value)
    low, high, one, other = map(math.log10, ends) if of.log else ends
    return abs(one - other) / (high - low) * 4 * (rows - 1)


def scale_of(low: float, high: float, *, log: bool) -> Scale:
    low, high = sorted((low, high))
    assume(high > 1.001 * low)
    return log_limits(low, high) if log else Scale(*round_limits(low, high))


@given(limits, HEIGHTS, st.booleans())
def test_a_curve_is_drawn_where_it_is(
    drawn_limits: tuple[float, float, float], rows: int, log: bool
) -> None:
    low, high, part = drawn_limits
    of = scale_of(low, high, log=log)
    value = min(max(low, high), max(min(low, high), low + part * (high - low)))
    line = [(x / 8, value) for x in range(9)]
    braille = line_rows(line, WIDTH, rows, (0.0, 1.0), of)
    exact = read(of, braille)
    assert exact
    assert all(dots_apart(of, one, value, rows) <= 1 for one in exact)
    assert all(dots_apart(of, one, value, rows) <= 2 for one in read(of, [*map(to_ascii, braille)]))


@given(limits, HEIGHTS)
def test_the_rate_is_drawn_where_it_is(drawn_limits: tuple[float, float, float], rows: int) -> None:
    low, high, part = drawn_limits
    of = scale_of(low, high, log=False)
    value = min(max(low, high), max(min(low, high), low + part * (high - low)))
    pane = plot([Line([0.0, 1.0], [value, value], "rate")], WIDTH, rows, (0.0, 1.0), of[:2])
    exact = read(of, [cells.text(row) for row in pane])
    assert exact
    assert all(dots_apart(of, one, value, rows) <= 1 for one in exact)


@given(limits, HEIGHTS, st.booleans())
def test_validation_is_drawn_as_exactly_as_training(
    drawn_limits: tuple[float, float, float], rows: int, log: bool
) -> None:
    low, high, part = drawn_limits
    of = scale_of(low, high, log=log)
    value = min(max(low, high), max(min(low, high), low + part * (high - low)))
    points = [(0.0, value), (1.0, value)]
    pane = curve_pane(Series([], points, []), WIDTH, rows, window=(0.0, 1.0), scale=of)
    exact = read(of, [cells.text(row) for row in pane])
    assert exact
    assert all(dots_apart(of, one, value, rows) <= 1 for one in exact)


def test_a_single_epoch_has_its_exact_height_beside_its_sign() -> None:
    for i in range(29):
        value = i / 28
        series = Series([], [(0.5, value)], [])
        pane = curve_pane(series, 11, 8, window=(0.0, 1.0), scale=Scale(0.0, 1.0))
        rows = [cells.text(row) for row in pane]
        sign = next(row for row, line in enumerate(rows) if "o" in line)
        shown = read(Scale(0.0, 1.0), [line[4] for line in rows])
        assert shown == [pytest.approx(value, abs=1 / 28)]
        assert sign == round(7 * (1 - value) + (0.125 if value > 0.5 else -0.125))


@given(limits, st.integers(2, 30), st.booleans())
def test_a_label_stands_at_its_value(
    drawn_limits: tuple[float, float, float], rows: int, log: bool
) -> None:
    of = scale_of(*drawn_limits[:2], log=log)
    labelled = [line.strip() for line in drawn(beside_labels([()] * rows, of, 8))]
    assert labelled[0] == f"{scale.y_label(of.high)}┤"
    for row, label in enumerate(labelled):
        if label.endswith("┤"):
            assert scale.dot_row(of, _number(label[:-1]), rows) // 4 == row


def _number(label: str) -> float:
    unit = {"k": 1e3, "M": 1e6}.get(label[-1], 1.0)
    return float(label.rstrip("kM")) * unit


def test_what_lies_beyond_the_limits_lies_beyond_their_ticks() -> None:
    rows = line_rows([(0.0, 3.0), (1.0, 3.0)], 4, 4, (0.0, 1.0), Scale(0.0, 2.0))
    assert rows == ["⠉⠉⠉⠉", "    ", "    ", "    "]
    rows = line_rows([(0.0, -1.0), (1.0, -1.0)], 4, 4, (0.0, 1.0), Scale(0.0, 2.0))
    assert rows == ["    ", "    ", "    ", "⣀⣀⣀⣀"]
