"""The whole app on a terminal that remembers what it was sent: it shows what the app means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest
from textual import events
from textual.driver import Driver
from textual.geometry import Size
from textual.pilot import Pilot

from tests import scripted
from tests.test_dashboard import app_of
from tests.test_shown_cells import seen_on
from tui.app import CnnTui
from tui.terminal.driver import SteadyDriver
from tui.terminal.shown_cells import ShownCells

COLUMNS, ROWS = 120, 40
KEYS = (
    *("tab", "z", "z", "5", "e", "escape", "question_mark", "escape", "6", "z", "comma", "z"),
    *("ctrl+p", "escape", "4", "down", "down", "space", "s", "escape", "0", "1", "left", "L"),
)


class Paper(SteadyDriver):
    """A driver whose terminal is an emulator; `written` is what it got since the last look."""

    def __init__(self, app: CnnTui) -> None:
        Driver.__init__(self, app)  # without its handlers of signals
        self.shown = ShownCells()
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.screen.reset_mode(7, private=True)
        self._stream = pyte.Stream(self.screen)
        self.written = ""

    def write(self, data: str) -> None:
        self.written += data
        self._stream.feed(data)


@contextmanager
def on_paper(pilot: Pilot[str]) -> Iterator[Paper]:
    """Let the app draw all of its screen, and from then on all changes, on such a terminal."""
    app = pilot.app
    assert isinstance(app, CnnTui)
    before, paper = app._driver, Paper(app)
    app._driver = paper
    try:
        app.refresh()
        yield paper
    finally:
        app._driver = before


def meant(app: CnnTui) -> pyte.Screen:
    """The screen of the app, drawn by Rich."""
    screen = pyte.Screen(COLUMNS, ROWS)
    strips = app.screen._compositor.render_strips()
    for y, strip in enumerate(strips):
        pyte.Stream(screen).feed(f"\x1b[{y + 1};1H{strip.render(app.console)}")
    return screen


@pytest.fixture
def app(tmp_path: Path) -> CnnTui:
    return app_of(scripted.run_dir(tmp_path, scripted.half_a_run()))


async def test_whatever_is_pressed_the_terminal_shows_what_is_meant(app: CnnTui) -> None:
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        await pilot.pause()
        with on_paper(pilot) as paper:
            for key in KEYS:
                await pilot.press(key)
                await pilot.pause()
                assert seen_on(paper.screen) == seen_on(meant(app)), key


async def test_what_is_on_the_screen_is_not_sent_twice(app: CnnTui) -> None:
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        await pilot.pause()
        with on_paper(pilot) as paper:
            await pilot.pause()
            assert paper.written
            paper.written = ""
            app.refresh()
            await pilot.pause()
            assert paper.written == ""


@pytest.mark.parametrize("by", ["a resize", "a line that stalled", "a key"])
async def test_after_what_may_have_changed_the_terminal_every_cell_is_sent(
    app: CnnTui, by: str
) -> None:
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        await pilot.pause()
        with on_paper(pilot) as paper:
            await pilot.pause()
            paper.screen.erase_in_display(2)
            if by == "a resize":
                app.on_resize(events.Resize(Size(COLUMNS, ROWS), Size(COLUMNS, ROWS)))
                app.refresh()
            elif by == "a key":
                await pilot.press("ctrl+l")
            else:
                paper.draw_anew()
            await pilot.pause()
            assert seen_on(paper.screen) == seen_on(meant(app))
