from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.drawing import axis, cells
from tui.drawing.cells import Span


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
    ("done", "span", "window"),
    [
        (0.0, 1, (0.0, 0.25)),
        (0.3, 1, (0.125, 0.375)),
        (12.4, 16, (10.0, 14.0)),
        (14.0, 16, (10.0, 14.0)),
        (14.1, 16, (12.0, 16.0)),
        (30.0, 30, (26.0, 30.0)),
        (math.nan, 30, (0.0, 4.0)),
    ],
)
def test_the_newest_stretch_moves_on_by_half_when_it_is_full(
    done: float, span: int, window: axis.Limits
) -> None:
    assert axis.newest(done, span) == window


def _ticks(end: float, width: int, left: int, *marks: float, start: float = 0.0) -> str:
    signs = [(mark, Span("◆", "good")) for mark in marks]
    return cells.text(axis.epoch_ticks((start, end), width, left, signs))


def test_ticks_stand_below_their_columns() -> None:
    assert _ticks(16, 40, 5) == "──── 0 ─────── 5 ─────── 10 ─────── 16 ─"
    wide = "epoch 0 ──────────────── 5 ─────────────── 10 ───────────────── 16 ─"
    assert _ticks(16, 68, 6) == wide
    assert wide.index("5") == 6 + axis.column(5, 16, 62)


def test_ticks_are_round_where_the_span_is_not() -> None:
    assert _ticks(30, 40, 5) == "──── 0 ─────── 10 ──────── 20 ───── 30 ─"
    assert _ticks(128, 68, 6) == (
        "epoch 0 ──────────────────── 50 ──────────────────── 100 ───── 128 ─"
    )


def test_ticks_are_whole_epochs_but_for_the_ends_of_a_short_stretch() -> None:
    assert _ticks(2, 68, 6) == (
        "epoch 0 ──────────────────────────── 1 ───────────────────────── 2 ─"
    )
    assert _ticks(1.5, 40, 5, start=0.5) == "──── 0.5 ──────────── 1 ────────── 1.5 ─"
    assert _ticks(0.375, 40, 5, start=0.125) == "──── 0.125 ───────────────────── 0.375 ─"


def test_ticks_of_a_stretch_in_the_middle() -> None:
    assert _ticks(14, 40, 5, start=10) == "──── 10 ──────────── 12 ─────────── 14 ─"


def test_a_note_stands_as_far_right_as_the_marks_leave_room() -> None:
    note = (Span("best 86 @11"),)
    for epoch, drawn in (
        (2, "epoch 0 ──◆────── 5 ────── best 86 @11 ─ 16 ─"),
        (11, "epoch 0 ───────── 5  best 86 @11 ◆─────── 16 ─"),
        (15, "epoch 0 ───────── 5 ─────── best 86 @11 ───◆──"),
    ):
        row = axis.epoch_ticks((0.0, 16.0), len(drawn), 6, [(epoch, Span("◆"))], note=note)
        assert cells.text(row) == drawn


def test_a_label_stands_near_its_epoch() -> None:
    labels = [(8.0, Span("now")), (9.0, Span("peak 0.1 @9"))]
    row = axis.epoch_ticks((0.0, 16.0), 60, 6, labels=labels)
    assert cells.text(row) == "epoch 0 ───────────── 5 ─────── now  peak 0.1 @9 ────── 16 ─"


def test_numbers_give_way_to_marks() -> None:
    assert _ticks(16, 40, 5, 8) == "──── 0 ─────── 5 ─────◆─ 10 ─────── 16 ─"
    assert _ticks(16, 40, 5, 5) == "──── 0 ────────◆──────── 10 ─────── 16 ─"
    assert _ticks(16, 40, 5, 0) == "── 0 ◆──────── 5 ─────── 10 ─────── 16 ─"
    assert _ticks(16, 40, 5, 14.5) == "──── 0 ─────── 5 ─────── 10 ────────◆ 16"
    assert _ticks(16, 40, 5, 16, 20) == "──── 0 ─────── 5 ─────── 10 ─────── 16 ◆"


def test_the_latest_of_two_marks_in_a_column_and_the_cursor_before_all() -> None:
    marks = [(4.0, Span("◆", "good")), (4.1, Span("c", "key")), (6.0, Span("s", "rate"))]
    row = axis.epoch_ticks((0.0, 16.0), 40, 5, marks, cursor=6.0)
    assert cells.text(row) == "──── 0 ──────c 5 ─▲───── 10 ─────── 16 ─"
    same = [(4.0, Span("◆")), (4.0, Span("c"))]
    row = axis.epoch_ticks((0.0, 16.0), 40, 5, same)
    assert cells.text(row)[13] == "◆", "the first of those at one epoch"


@given(
    marks=st.lists(st.floats(0, 30) | st.integers(0, 30).map(float), max_size=6),
    cursor=st.none() | st.floats(0, 30),
    width=st.integers(8, 120),
    words=st.lists(st.floats(0, 30), max_size=3),
)
@settings(max_examples=200, deadline=None)
def test_every_mark_stands_in_its_column(
    marks: list[float], cursor: float | None, width: int, words: list[float]
) -> None:
    window, left = (0.0, 30.0), axis.gutter(width)
    row = axis.epoch_ticks(
        window,
        width,
        left,
        [(epoch, Span("◆")) for epoch in marks],
        cursor,
        (Span("best 99.4 @25"),),
        [(epoch, Span("peak 0.1 @9")) for epoch in words],
    )
    drawn = cells.text(row)
    columns = {left + axis.column_in(window, epoch, width - left) for epoch in marks}
    at = set() if cursor is None else {left + axis.column_in(window, cursor, width - left)}
    assert len(drawn) == width
    assert {i for i, sign in enumerate(drawn) if sign == "▲"} == at
    assert {i for i, sign in enumerate(drawn) if sign == "◆"} == columns - at


def test_ticks_without_room() -> None:
    assert [_ticks(16, width, 5) for width in (0, 1, 5)] == ["", "─", "─────"]


def test_words_give_way_to_marks() -> None:
    signs = [(epoch, Span("◆")) for epoch in (0.0, 7.0, 15.9)]
    labels = [(7.0, Span("peak 0.1 @7"))]
    row = axis.epoch_ticks((0.0, 16.0), 50, 6, signs, labels=labels)
    assert cells.text(row) == "─── 0 ◆───── peak 0.1 @7 ◆───── 10 ────────── 16 ◆"
    signs = [(float(epoch), Span("s")) for epoch in range(17)]
    row = axis.epoch_ticks((0.0, 16.0), 50, 6, signs, labels=labels)
    assert "peak" not in cells.text(row), "nor far from its epoch"
