"""The mouse: a click chooses a pane and a place in it, the wheel scrolls."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from engine.protocol import events
from engine.protocol.events import Event
from engine.run import run_lock
from engine.run.history import History
from tests import scripted
from tests.drawing import examples
from tests.test_dashboard import app_of, rows, screen
from tui.panes.base.chart import Chart
from tui.panes.base.chart_view import ChartView
from tui.panes.base.pane import Pane
from tui.panes.log.log_pane import LogPane
from tui.screens.dashboard import Dashboard


async def wheel(pilot: Pilot[str], pane: Pane, kind: type[MouseScrollDown | MouseScrollUp]) -> None:
    """Turn the wheel by one over a pane."""
    await pilot._post_mouse_events([kind], pane)
    await pilot.pause()


async def test_a_click_chooses_a_pane(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with app_of(run).run_test(size=(200, 60)) as pilot:
        await pilot.pause()
        shown = [pane for pane in pilot.app.screen.query(Pane) if pane.is_on_screen]
        assert len(shown) == 8
        for pane in shown:
            await pilot.click(pane, offset=(1, 0))
            assert pilot.app.screen.focused is pane


@pytest.mark.parametrize("name", ["loss", "accuracy", "rate"])
async def test_a_click_into_a_curve_puts_the_cursor_there(tmp_path: Path, name: str) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.click(f"#{name}", offset=(40, 3))
        pane = pilot.app.screen.get_child_by_id(name, expect_type=Chart)
        foot = rows(pane)[-1].text
        assert foot.index("▲") == 40
        assert pane.cursor is not None
        await pilot.click(f"#{name}", offset=(2, 3))
        assert "▲" in screen(pilot), "beside the plot there is nowhere to put it"
        await pilot.press("escape")
        assert pane.cursor is None


def test_a_column_of_whole_epochs_is_the_end_of_one() -> None:
    history = History()
    history.fold(scripted.stamped(scripted.half_a_run()))
    view = ChartView()
    view.point(view.window(history), 50, 100)
    assert view.cursor == 2.0
    view.point(view.window(history), 51, 100)
    assert view.cursor == pytest.approx(2.06)


async def test_the_wheel_scrolls_the_log(tmp_path: Path) -> None:
    said: list[Event] = [scripted.started(), *(events.Alert("info", "a", f"{i}") for i in range(9))]
    run = scripted.run_dir(tmp_path / "runs", said)
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.press("0")
        log = pilot.app.screen.get_child_by_id("log", expect_type=LogPane)
        await wheel(pilot, log, MouseScrollDown)
        assert log.first == 1
        await wheel(pilot, log, MouseScrollUp)
        await wheel(pilot, log, MouseScrollUp)
        assert log.first == 0


@pytest.mark.parametrize(("name", "room"), [("layers", 5), ("confusion", 0), ("maps", 5)])
async def test_the_wheel_does_what_the_arrows_do(tmp_path: Path, name: str, room: int) -> None:
    maps = replace(examples.feature_maps(), step=10)
    said = [scripted.half_a_run()[0], examples.run_started(), scripted.confusion(1), maps]
    run = scripted.run_dir(tmp_path / "runs", said)
    lock = run_lock.acquire(run)
    async with app_of(run).run_test(size=(100, 22 - room)) as pilot:
        await pilot.pause()
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        dashboard.action_pane(name)
        await pilot.pause()
        pane = dashboard.get_child_by_id(name, expect_type=Pane)
        before = rows(pane)
        await wheel(pilot, pane, MouseScrollDown)
        once = rows(pane)
        await wheel(pilot, pane, MouseScrollDown)
        assert once not in (before, rows(pane))
        await wheel(pilot, pane, MouseScrollUp)
        assert rows(pane) == once
    os.close(lock)
