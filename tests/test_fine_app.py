"""The whole app on a terminal that remembers what it was sent: it shows what the app means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest
from textual import events
from textual.app import ComposeResult
from textual.driver import Driver
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import Screen

from tests import scripted
from tests.test_dashboard import app_of
from tests.test_shown_cells import seen_on
from tui.app import CnnTui
from tui.drawing.cells import Row, Span
from tui.terminal.driver import SteadyDriver
from tui.terminal.fine_screen import FineModalScreen, FineScreen
from tui.terminal.shown_cells import ShownCells
from tui.widgets.drawn import CellWidget

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


class Pages(CellWidget):
    """A widget, each line of which says its screen and which page is shown."""

    page = 1

    def draw(self, width: int, height: int) -> list[Row]:
        return [(Span(f"{type(self.screen).__name__} {self.page}".ljust(width)),)] * height

    def turn(self) -> None:
        self.page += 1
        self.redraw()


class Below(FineScreen[None]):
    CSS = "Pages { width: 20; height: 2; }"

    def compose(self) -> ComposeResult:
        yield Pages()


class Over(FineModalScreen[None]):
    """A dialog that leaves most of what is below it on the screen."""

    CSS = "Over Pages { margin: 4 8; }"

    def compose(self) -> ComposeResult:
        yield Pages()


class OverAll(Over):
    CSS = "OverAll Pages { margin: 12 8; }"


@pytest.mark.parametrize("turned", [(0,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
async def test_a_dialog_and_what_changes_below_it_are_drawn_in_the_same_frame(
    tmp_path: Path, turned: tuple[int, ...]
) -> None:
    app = CnnTui(tmp_path)
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        screens: list[Screen[None]] = [Below(), Over(), OverAll()][: max(turned) + 1]
        for each in screens:
            await app.push_screen(each)
        await pilot.pause()
        with on_paper(pilot) as paper:
            await draw(pilot, screens)
            with app.batch_update():
                for at in turned:
                    screens[at].query_one(Pages).turn()
                await pilot.pause()
            await draw(pilot, screens)
            said = {*re.findall(r"\w+ [12]", " ".join(paper.screen.display))}
            pages = [2 if at in turned else 1 for at in range(len(screens))]
            names = [type(each).__name__ for each in screens]
            assert said == {f"{name} {page}" for name, page in zip(names, pages, strict=True)}


async def draw(pilot: Pilot[str], screens: Sequence[Screen[None]]) -> None:
    """Draw a frame; a dialog learns of changes below it before it has drawn its own."""
    for each in screens:
        each._on_timer_update()
    await pilot.pause()
