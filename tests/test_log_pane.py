"""The log pane under the keys: scrolling, and the filter that is typed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.protocol import events
from engine.run import run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import scripted
from tests.test_dashboard import app_of
from tui.screens.dashboard import Dashboard
from tui.terminal.plain_screen import screen_text


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    """A run with forty epochs in its log."""
    said: list[events.Event] = [scripted.started(epochs=50)]
    said += [scripted.ended_epoch(epoch, 0.5 + epoch / 100) for epoch in range(1, 41)]
    run = scripted.run_dir(tmp_path / "runs", said)
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


async def rows(pilot: Pilot[str]) -> list[str]:
    """The entries that the zoomed pane shows, without their times."""
    await pilot.pause()
    inside = screen_text(pilot.app).splitlines()[4:-3]
    return [row.strip("│").strip()[8:].strip() for row in inside if row.strip("│ ")]


async def grow(pilot: Pilot[str], run: RunDir, event: events.Event) -> None:
    Journal(run.journal, scripted.Clock()).append(event)
    dashboard = pilot.app.screen
    assert isinstance(dashboard, Dashboard)
    dashboard.read()
    await pilot.pause()


async def test_arrows_and_pages_scroll(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("0", "z")
        assert (await rows(pilot))[0].startswith("epoch  40")
        assert "1-17 of 41" in screen_text(pilot.app)
        await pilot.press("down")
        assert (await rows(pilot))[0].startswith("epoch  39")
        await pilot.press("pagedown", "up")
        assert (await rows(pilot))[0].startswith("epoch  30")
        await pilot.press("end")
        assert (await rows(pilot))[0].startswith("started")
        await pilot.press("home")
        assert (await rows(pilot))[0].startswith("epoch  40")


async def test_what_is_read_stays_where_it_is_when_news_come(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("0", "z", "down", "down")
        before = await rows(pilot)
        await grow(pilot, live, scripted.ended_epoch(41))
        assert await rows(pilot) == before
        await pilot.press("home")
        await grow(pilot, live, scripted.ended_epoch(42))
        assert (await rows(pilot))[0].startswith("epoch  42")


async def test_a_filter_is_typed_and_keeps_its_letters_from_the_dashboard(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("0", "z", "slash", *"epoch  3q")
        assert isinstance(pilot.app.screen, Dashboard), "q is a letter here"
        assert "nothing in the log fits the filter" in screen_text(pilot.app)
        await pilot.press("backspace")
        assert "/ epoch  3▌" in screen_text(pilot.app)
        assert len(await rows(pilot)) == 10
        await pilot.press("enter", "down")
        assert "/ epoch  3 ─" in screen_text(pilot.app)
        assert (await rows(pilot))[0].startswith("epoch  38")
        await pilot.press("slash", "escape")
        assert len(await rows(pilot)) == 17, "Escape drops the filter and stays in the pane"


async def test_leaving_the_pane_ends_the_typing(live: RunDir) -> None:
    async with app_of(live).run_test(size=(200, 60)) as pilot:
        await pilot.pause()
        await pilot.press("0", "slash", "x")
        await pilot.click("#loss")
        await pilot.press("0", "y")
        assert "/ x ─" in screen_text(pilot.app)
