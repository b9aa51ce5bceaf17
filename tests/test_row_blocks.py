"""Rows of points as columns, and as events: the same as the rows one by one."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.logs.row_block import RowBlock, row_blocks
from engine.logs.row_events import FEWEST_IN_COLUMNS, RowEvents
from engine.logs.scalar_decoding import Points
from engine.protocol.events import Event, Phase, Watched
from engine.protocol.step_columns import LogEvent, StepColumns
from engine.run.history import History
from tests.event_logs import one_by_one

NAMES = ["loss", "acc", "lr", "grad", "val_loss", "epoch_loss", "images/s"]
MANY = 2 * FEWEST_IN_COLUMNS
# Steps of a training, with late and equal ones among them.
STEPS = st.integers(0, 40).flatmap(
    lambda first: st.lists(
        st.sampled_from([1, 1, 1, 0, -1, 7]), min_size=MANY, max_size=3 * MANY
    ).map(lambda leaps: np.maximum(np.cumsum([first, *leaps]), 0))
)
NUMBERS = st.sampled_from([0.0, 0.25, 1.0, 50.0, float("nan"), float("inf")])


@st.composite
def blocks(draw: st.DrawFn) -> RowBlock:
    steps = draw(STEPS)
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    values = draw(st.lists(NUMBERS, min_size=len(names), max_size=3 * len(names)))
    times = 1.7e9 + np.maximum.accumulate(steps) / 4
    return RowBlock((*names,), steps, times, np.resize(values, (len(steps), len(names))))


def points_of(told: list[tuple[int, int]]) -> Points:
    """Points of tags at steps; each has its own time and value."""
    at = np.arange(len(told))
    tags, steps = np.array(told, np.int64).reshape(-1, 2).T
    times, values = at.astype(np.float64), np.array(at / 2, np.float64)
    return Points(tags, steps, times, values, at)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=40))
def test_rows_are_what_was_measured_at_one_step(told: list[tuple[int, int]]) -> None:
    expected: list[tuple[int, float, dict[str, float]]] = []
    for step, alike in groupby(enumerate(told), key=lambda each: each[1][1]):
        row: dict[str, float] = {}
        for at, (tag, _) in alike:
            if "abc"[tag] in row or not row:
                row = {}
                expected.append((step, float(at), row))
            row["abc"[tag]] = at * 0.5
            expected[-1] = (step, float(at), row)
    found = [
        block.row(i) for block in row_blocks(points_of(told), "abc") for i in range(block.size)
    ]
    assert found == expected


def test_rows_with_the_same_names_are_one_block() -> None:
    told = [(tag, step) for step in range(1, 9) for tag in (0, 1)]
    (block,) = row_blocks(points_of(told), "ab")
    assert (block.names, block.size) == (("a", "b"), 8)


def told_by(rows: list[RowBlock], together: bool) -> list[LogEvent]:
    """The events of rows, as columns where that is possible or one by one."""
    learnt = None
    while True:
        row_events = RowEvents(Watched(program="a log", log="TensorBoard"), learnt)
        told: list[LogEvent] = []
        for block in rows:
            if together:
                told += row_events.add_rows(block)
            else:
                told += [e for at in range(block.size) for e in row_events.add(*block.row(at))]
        if not row_events.outdated:
            return told
        learnt = row_events.learnt


@given(st.lists(blocks(), min_size=1, max_size=3))
def test_columns_hold_what_the_rows_say_one_by_one(rows: list[RowBlock]) -> None:
    assert one_by_one(told_by(rows, together=True)) == told_by(rows, together=False)


def test_many_rows_of_steps_become_columns() -> None:
    steps = np.arange(1, 1 + MANY)
    block = RowBlock(("loss", "grad"), steps, steps / 4, np.ones((MANY, 2)))
    told = told_by([block], together=True)
    assert len(told) < 6
    assert isinstance(told[-1], StepColumns)


def history_of(told: list[LogEvent] | list[Event]) -> History:
    history = History()
    history.fold([Phase("training", time=1.7e9)])
    history.fold(told)
    return history


@given(st.lists(blocks(), min_size=1, max_size=3))
def test_a_history_of_columns_is_that_of_their_rows(rows: list[RowBlock]) -> None:
    told = told_by(rows, together=True)
    together, alone = history_of(told), history_of(one_by_one(told))
    assert [*together.recent] == [*alone.recent]
    assert [*together.reports] == [*alone.reports]
    assert together.reports.last == alone.reports.last
    assert (together.steps, together.step, together.epoch) == (
        alone.steps,
        alone.step,
        alone.epoch,
    )
    assert (together.first_loss, together.has_top1) == (alone.first_loss, alone.has_top1)
    assert abs(together.elapsed(0.0) - alone.elapsed(0.0)) < 1e-3
    assert together.scalars.keys() == alone.scalars.keys()
    curves = [*together.scalars.values(), together.loss, together.top1, together.lr]
    others = [*alone.scalars.values(), alone.loss, alone.top1, alone.lr]
    for one, other in zip(curves, others, strict=True):
        assert repr(one.bins()) == repr(other.bins())
