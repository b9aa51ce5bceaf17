"""The panes over the epochs on a scripted journal: one x-axis, a cursor, and what keys change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from engine.protocol import events
from engine.protocol.events import Event
from engine.run import run_lock
from engine.run.history import History
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import scripted
from tests.scripted import Clock
from tests.test_dashboard import app_of, screen
from tests.test_dashboard import rows as drawn
from tui.panes.base.axis_marks import event_marks
from tui.panes.base.chart import SECONDS, Chart
from tui.panes.base.chart_view import ChartView
from tui.panes.curves.curve_panes import LossPane
from tui.screens.dashboard import Dashboard

PANES = ("loss", "accuracy", "rate")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    """A run in its third epoch of four, whose lock is held as an engine would."""
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def rows(pilot: Pilot[str], name: str) -> list[str]:
    """What a pane shows, row by row."""
    pane = pilot.app.screen.get_child_by_id(name, expect_type=Chart)
    return [line.text for line in drawn(pane)]


async def settle(pilot: Pilot[str]) -> None:
    """Let the dashboard read what was appended and draw it."""
    dashboard = pilot.app.screen
    assert isinstance(dashboard, Dashboard)
    dashboard.read()
    await pilot.pause()


async def test_the_cursor_tells_the_exact_values_in_all_three_panes(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("left")
        loss, accuracy, rate = (rows(pilot, name) for name in PANES)
        assert "▲ epoch 2.5   last steps 0.16512   o val 0.45000 @2" in loss[0]
        assert "▲ epoch 2.5   last steps 85.000   o val 90.000 @2" in accuracy[0]
        assert "▲ epoch 2.5, step 25   0.050000" in rate[0]
        assert len({pane[-1].index("▲") for pane in (loss, accuracy, rate)}) == 1
        await pilot.press("h", "l", "right")
        assert "▲ epoch 2.55 " in rows(pilot, "loss")[0]


async def test_the_focus_draws_the_border_anew_and_not_the_plot(
    live: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        monkeypatch.setattr(LossPane, "plot", Chart.plot)  # which raises
        loss = pilot.app.screen.query_one(LossPane)
        before = drawn(loss)
        await pilot.press("tab")
        await pilot.pause()
        assert drawn(loss) != before
        assert rows(pilot, "loss") == [line.text for line in before]


async def test_the_cursor_ends_by_escape_and_the_next_escape_is_the_screens(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter", "left", "escape")
        assert "▲" not in rows(pilot, "loss")[-1]
        assert len(rows(pilot, "loss")) == 19, "the pane is still shown alone"
        await pilot.press("escape")
        await pilot.pause()
        assert len(rows(pilot, "loss")) < 20


async def test_before_the_first_step_there_is_no_cursor(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", [events.Phase("starting"), scripted.started()])
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("left", "plus", "L", "t")
        assert "▲" not in rows(pilot, "loss")[-1]
        assert any("the first steps begin the curve" in row for row in rows(pilot, "loss"))


async def test_keys_smooth_and_change_the_axes_and_the_border_says_so(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("plus", "plus", "L")
        assert "1 Loss  log  smooth 0.8" in rows(pilot, "loss")[0]
        assert "2 Accuracy  smooth 0.8" in rows(pilot, "accuracy")[0]
        await pilot.press("minus", "minus", "minus", "L")
        assert "1 Loss ─" in rows(pilot, "loss")[0]


async def test_recent_is_a_stretch_of_the_same_axis_in_all_three_panes(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        Journal(live.journal).append(scripted.steps(26))
        await settle(pilot)
        await pilot.press("t")
        for name in PANES:
            foot = rows(pilot, name)[-1]
            assert "─ 2 ◆─" in foot, name
            assert "─ 3 ─" in foot, name
        await pilot.press("t")
        assert "╰epoch 0  peak " in rows(pilot, "rate")[-1]


async def test_an_update_changes_one_column_of_a_smoothed_recent_curve(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        Journal(live.journal).append(scripted.steps(26))
        await settle(pilot)
        await pilot.press("t", "plus")
        before = rows(pilot, "loss")
        Journal(live.journal).append(scripted.steps(27))
        await settle(pilot)
        after = rows(pilot, "loss")
        changed = {
            x
            for old, new in zip(before[1:], after[1:], strict=True)
            for x in range(len(old))
            if old[x] != new[x]
        }
        assert 1 <= max(changed) - min(changed) <= 7, "a tenth of an epoch is six columns"


async def test_what_happened_to_the_run_stands_below_the_curves(live: RunDir) -> None:
    async with app_of(live).run_test(size=(130, 40)) as pilot:
        journal = Journal(live.journal)
        for event in (
            events.Alert("warning", "plateau", "no progress", step=5),
            events.Checkpointed("last.pt", 2, 250_000, 0.01, "command", step=13),
            events.Steered(0.5, 4, 0.025, step=26),
            scripted.steps(30),
            events.Phase("paused", step=30),
        ):
            journal.append(event)
        await settle(pilot)
        foot = rows(pilot, "accuracy")[-1]
        marks = "".join(sign for sign in foot.replace("epoch", "") if sign in "!c◆s‖")
        assert marks == "!c◆s‖"
        assert "× you 0.5" in rows(pilot, "rate")[0]


def test_marks_put_the_best_first_and_leave_out_checkpoints_of_the_plan() -> None:
    history = History()
    history.fold(scripted.stamped(scripted.half_a_run()))
    history.fold([events.Steered(0.5, 4, 0.025, step=20)])
    assert [(epoch, sign.text) for epoch, sign in event_marks(history)] == [(2.0, "◆"), (2.0, "s")]


def _running(epochs: int = 4) -> History:
    history = History()
    history.fold(scripted.stamped(scripted.half_a_run(epochs)))
    return history


def test_the_cursor_moves_by_columns_and_stops_at_the_end_of_an_epoch() -> None:
    history, view = _running(), ChartView()
    view.move(history, 1, 32)
    visited = [view.cursor]
    for _ in range(31):
        view.move(history, 1, 32)
        visited.append(view.cursor)
    assert [at for at in visited if at is not None and at.is_integer()] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert visited[1] == 0.1875
    view.move(history, 1, 32)
    assert view.cursor is None


def test_where_epochs_share_a_column_the_cursor_moves_by_epochs() -> None:
    history, view = _running(), ChartView()
    visited = []
    for _ in range(5):
        view.move(history, -1, 2)
        visited.append(view.cursor)
    assert visited == [2.5, 2.0, 1.0, 0.0, None]


def test_the_level_of_smoothing_has_ends() -> None:
    view = ChartView()
    view.smooth(-1)
    assert view.smoothing == 0.0
    view.smooth(99)
    assert view.smoothing == 0.98


@pytest.fixture
def long(tmp_path: Path) -> Iterator[RunDir]:
    """A run with many steps to a column, which has only begun."""
    said = scripted.half_a_run(epochs=4)[:3]
    said[1] = msgspec.structs.replace(scripted.started(), steps_per_epoch=100_000)
    run = scripted.run_dir(tmp_path / "runs", [*said, scripted.steps(1)])
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


async def drawn_after(pilot: Pilot[str], journal: Journal, *said: Event) -> list[str]:
    """Which panes have drawn their plots anew when these events came."""
    drawn: list[str] = []
    for name in PANES:
        pane = pilot.app.screen.get_child_by_id(name, expect_type=Chart)
        plot = type(pane).plot
        pane.plot = lambda w, h, pane=pane, plot=plot: (  # type: ignore[method-assign, misc]
            drawn.append(pane.id or "") or plot(pane, w, h)  # type: ignore[func-returns-value]
        )
    for event in said:
        journal.append(event)
    await settle(pilot)
    return drawn


async def test_a_plot_waits_until_there_is_something_to_see(long: RunDir) -> None:
    clock = Clock()
    journal = Journal(long.journal, clock)
    async with app_of(long).run_test(size=(120, 40)) as pilot:
        await drawn_after(pilot, journal, scripted.steps(2))
        assert await drawn_after(pilot, journal, scripted.steps(3, loss=1.234)) == []
        assert "now 1.23 " in rows(pilot, "loss")[0], "its numbers are those of the last step"
        new_column = await drawn_after(pilot, journal, scripted.steps(50_000))
        assert new_column == list(PANES)
        assert await drawn_after(pilot, journal, scripted.steps(50_001)) == []
        clock.now += SECONDS
        assert await drawn_after(pilot, journal, scripted.steps(50_002)) == ["loss", "accuracy"]
        paused = scripted.steps(50_003), events.Phase("paused", step=50_003)
        assert await drawn_after(pilot, journal, *paused) == list(PANES)


async def test_a_plot_waits_also_for_short_epochs_and_not_for_long_ones(long: RunDir) -> None:
    clock = Clock()
    journal = Journal(long.journal, clock)
    async with app_of(long).run_test(size=(120, 40)) as pilot:
        first = msgspec.structs.replace(scripted.ended_epoch(1), seconds=0.2, step=2)
        await drawn_after(pilot, journal, events.Phase("training"), first)
        short = msgspec.structs.replace(first, epoch=2, step=3, loss=0.321)
        phases = events.Phase("evaluating"), events.Phase("training")
        assert await drawn_after(pilot, journal, *phases, short) == []
        assert "val 0.321 @2" in rows(pilot, "loss")[0]
        long_one = msgspec.structs.replace(first, epoch=3, step=4, seconds=2.0)
        assert await drawn_after(pilot, journal, long_one) == list(PANES)


async def test_the_machine_waits_for_its_next_sample_where_epochs_are_short(long: RunDir) -> None:
    journal = Journal(long.journal, Clock())
    hardware = events.Hardware(2, 0.5, 0.5, 1 << 30, 2 << 30, 1 << 28, 1 << 30, ())
    async with app_of(long).run_test(size=(120, 40)) as pilot:
        short = msgspec.structs.replace(scripted.ended_epoch(1), seconds=0.2, step=2)
        for event, shown in ((short, False), (hardware, True)):
            journal.append(event)
            await settle(pilot)
            assert ("0.2 s train" in screen(pilot)) is shown
