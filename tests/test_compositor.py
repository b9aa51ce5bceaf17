"""The bytes on the wire: only what changed is sent, and a terminal shows what was meant."""

from __future__ import annotations

import io
import re

import pyte
import pytest
from rich.console import Console
from textual.app import App, ComposeResult
from textual.screen import Screen

from tui.app import INKS_DARK
from tui.compositor import FineCompositor
from tui.drawing.cells import Row, Span
from tui.drawn import Drawn, changed


class Board(Drawn):
    """Rows that a test sets."""

    lines: tuple[str, ...] = ("",)

    def draw(self, width: int, height: int) -> list[Row]:
        return [(Span(line),) for line in self.lines]


class Desk(Screen[None]):
    CSS = "Desk { layout: horizontal; } Board { width: 1fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._compositor = FineCompositor()

    def compose(self) -> ComposeResult:
        yield Board(id="left")
        yield Board(id="right")


class Table(App[None]):
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return INKS_DARK

    def on_mount(self) -> None:
        self.push_screen(Desk())


def sent(app: Table) -> str:
    """What a partial update would write to the terminal."""
    update = app.screen._compositor.render_partial_update()
    console = Console(file=io.StringIO(), color_system=None, force_terminal=True)
    return update.render_segments(console) if update else ""


@pytest.fixture
def terminal() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(40, 4)
    return screen, pyte.Stream(screen)


STEPS = [
    ("aaaaaaaaaa", "bbbbbbbbbb"),
    ("aaaaaXaaaa", "bbbbbbbbbb"),
    ("aaaaaXaaaa", "bbbbbbbbYY"),
    ("飞机aaXaaaa", "bb飞bbbbbYY"),
    ("a飞aaXaaaa", "bb机bbbbbYY"),
    ("", "飞"),
]


async def test_a_terminal_that_gets_the_changes_shows_the_whole(
    terminal: tuple[pyte.Screen, pyte.Stream],
) -> None:
    screen, stream = terminal
    app = Table()
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        for left, right in STEPS:
            for name, line in (("left", left), ("right", right)):
                board = app.screen.query_one(f"#{name}", Board)
                board.lines = (line, line)
                board.redraw()
                app.screen._compositor.update_widgets({board})
            stream.feed(sent(app))
            rows = [left.ljust(20 - wide(left)) + right.ljust(20 - wide(right))] * 2
            assert [row.rstrip() for row in displayed(screen)[:2]] == [r.rstrip() for r in rows]


def wide(text: str) -> int:
    return sum(not character.isascii() for character in text)


def displayed(screen: pyte.Screen) -> list[str]:
    """The rows of the emulator; the second cell of a wide character is an empty string in it."""
    return ["".join(screen.buffer[y][x].data for x in range(40)) for y in range(4)]


async def test_one_changed_cell_at_the_right_sends_no_more_than_itself() -> None:
    app = Table()
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        board = app.screen.query_one("#right", Board)
        for line in ("b" * 20, "b" * 19 + "X"):
            board.lines = (line,)
            board.redraw()
            app.screen._compositor.update_widgets({board})
            update = sent(app)
        assert re.sub(r"\x1b\[[\d;]*[mH]", "", update) == "X"


@pytest.mark.parametrize(
    ("before", "after", "stretch"),
    [
        ("abcd", "abcd", (4, 4)),
        ("abcd", "abXd", (2, 3)),
        ("飞机", "飞bb", (2, 4)),
        ("飞b", "b飞", (0, 3)),
        ("bb飞b", "bb机b", (2, 4)),
        ("e\u0301bc", "e\u0301bX", (2, 3)),
        ("abc", "a\x92bX", (0, 3)),
        ("❤\ufe0fb", "❤\ufe0fX", (2, 3)),
    ],
)
def test_the_stretch_that_differs(before: str, after: str, stretch: tuple[int, int]) -> None:
    assert changed((Span(before),), (Span(after),)) == stretch


def test_another_ink_is_a_change() -> None:
    assert changed((Span("ab"),), (Span("a"), Span("b", "error"))) == (1, 2)
