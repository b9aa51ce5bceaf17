from __future__ import annotations

import math

import pytest

from tests.drawing.examples import drawn
from tui.drawing import axis, cells
from tui.drawing.cells import Span, row


@pytest.mark.parametrize(
    ("done", "planned", "span"),
    [(0.0, 30, 1), (1.0, 30, 1), (1.01, 30, 2), (8.5, 30, 16), (17, 30, 30), (40, 30, 30)],
)
def test_epoch_span_doubles_up_to_what_is_planned(done: float, planned: int, span: int) -> None:
    assert axis.epoch_span(done, planned) == span


@pytest.mark.parametrize("done", [math.nan, math.inf, -1.0])
def test_epoch_span_of_no_number_is_possible(done: float) -> None:
    assert 1 <= axis.epoch_span(done, 30) <= 30
    assert axis.epoch_span(done, 0) == 1


@pytest.mark.parametrize(
    ("low", "high", "limits", "labels"),
    [
        (0.0, 2.31, (0.0, 2.5), ("0", "2.5")),
        (10.2, 99.0, (0.0, 100.0), ("0", "100")),
        (99.5, 100.0, (99.5, 100.0), ("99.5", "100")),
        (0.0, 0.0123, (0.0, 0.02), ("0", "0.02")),
        (0.0, 0.001, (0.0, 0.001), ("0", ".001")),
        (0.0, 1.5e-4, (0.0, 2e-4), ("0", "2e-4")),
        (0.0, 12_345.0, (0.0, 15_000.0), ("0", "15k")),
        (3.0, 3.0, (1.0, 5.0), ("1", "5")),
        (0.0, 0.0, (0.0, 1.0), ("0", "1")),
        (math.nan, 1.0, (0.0, 1.0), ("0", "1")),
    ],
)
def test_limits_are_round(
    low: float, high: float, limits: axis.Limits, labels: tuple[str, str]
) -> None:
    found = axis.round_limits(low, high)
    assert found == pytest.approx(limits)
    assert tuple(axis.y_label(limit) for limit in found) == labels


def test_limits_stay_while_they_hold_the_values_and_are_half_full() -> None:
    before = (0.0, 2.5)
    assert axis.round_limits(0.0, 1.3, previous=before) == before
    assert axis.round_limits(0.0, 1.2, previous=before) == (0.0, 1.5)
    assert axis.round_limits(0.0, 2.6, previous=before) == (0.0, 3.0)
    assert axis.round_limits(math.nan, 2.6, previous=before) == before


def test_labels_stand_at_the_ends_of_the_y_axis() -> None:
    plot = [row("abc"), row("def"), row("ghi")]
    assert drawn(axis.beside_labels(plot, 0.0, 2.5, 6)) == [
        "  2.5┤abc",
        "     │def",
        "    0┤ghi",
    ]
    assert axis.beside_labels(plot, 0.0, 2.5, 0) == plot


def _ticks(span: int, width: int, left: int, mark: float | None = None) -> str:
    marks = {mark: Span("◆", "good")} if mark is not None else {}
    return cells.text(axis.epoch_ticks(span, width, left, marks))


def test_ticks_stand_below_their_columns() -> None:
    assert _ticks(16, 40, 5) == "──── 0 ────────────── 8 ─────────── 16 ─"
    wide = "───── 0 ──────────── 4 ───────────── 8 ─────────── 12 ───────── 16 ─"
    assert _ticks(16, 68, 6) == wide
    assert wide.index("8") == 6 + axis.column(8, 16, 62)


def test_ticks_are_round_where_the_span_is_not() -> None:
    assert _ticks(30, 40, 5) == "──── 0 ─────── 10 ──────── 20 ───── 30 ─"
    assert _ticks(1, 30, 5) == "──── 0 ─────────────────── 1 ─"


def test_a_mark_goes_before_a_number_but_not_before_an_end() -> None:
    assert _ticks(16, 40, 5, 11) == "──── 0 ────────────── 8 ─────◆───── 16 ─"
    assert _ticks(16, 40, 5, 8) == "──── 0 ───────────────◆──────────── 16 ─"
    assert _ticks(16, 40, 5, 0) == "──── 0 ────────────── 8 ─────────── 16 ─"


def test_ticks_without_room() -> None:
    assert [_ticks(16, width, 5) for width in (0, 1, 5)] == ["", "─", "─────"]
