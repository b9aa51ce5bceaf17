"""Only what changed is rendered and sent, and a terminal shows what was meant."""

from __future__ import annotations

import io
import re

import pyte
import pytest
from rich.console import Console
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static

from tui.drawing.cells import Row, Span
from tui.terminal.compositor import FineCompositor, FineUpdate, Stretch, divided
from tui.terminal.shown_cells import ShownCells
from tui.widgets.drawn import CellWidget
from tui.widgets.themes import INKS_DARK


class Board(CellWidget):
    """Rows that a test sets."""

    lines: tuple[str, ...] = ("",)

    def draw(self, width: int, height: int) -> list[Row]:
        return [(Span(line),) for line in self.lines]


class Desk(Screen[None]):
    CSS = "Desk { layout: horizontal; layers: default above; } Board { width: 1fr; height: 1fr; }"

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


def sent(app: Table, shown: ShownCells) -> str:
    """What a partial update would write to a terminal that shows this."""
    update: object = app.screen._compositor.render_partial_update()
    assert isinstance(update, FineUpdate)
    update.shown = shown
    return update.render_segments(Console(file=io.StringIO(), color_system=None))


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
    app, shown = Table(), ShownCells()
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        for left, right in STEPS:
            for name, line in (("left", left), ("right", right)):
                board = app.screen.query_one(f"#{name}", Board)
                board.lines = (line, line)
                board.redraw()
                app.screen._compositor.update_widgets({board})
            stream.feed(sent(app, shown))
            rows = [left.ljust(20 - wide(left)) + right.ljust(20 - wide(right))] * 2
            assert [row.rstrip() for row in displayed(screen)[:2]] == [r.rstrip() for r in rows]


def wide(text: str) -> int:
    return sum(not character.isascii() for character in text)


def displayed(screen: pyte.Screen) -> list[str]:
    """The rows of the emulator; the second cell of a wide character is an empty string in it."""
    return ["".join(screen.buffer[y][x].data for x in range(40)) for y in range(4)]


async def test_the_first_frame_of_a_widget_is_not_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[str] = []
    render = FineCompositor.render_full_update

    def rendered(self: FineCompositor, simplify: bool = False) -> CompositorUpdate:
        frames.append("".join(strip.text for strip in self.render_strips()))
        return render(self, simplify)

    monkeypatch.setattr(FineCompositor, "render_full_update", rendered)
    monkeypatch.setattr(Board, "lines", ("drawn",))
    async with Table().run_test(size=(40, 4)) as pilot:
        await pilot.pause()
    assert frames
    assert all("drawn" in frame for frame in frames)


async def test_one_changed_cell_at_the_right_sends_no_more_than_itself() -> None:
    app, shown = Table(), ShownCells()
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        board = app.screen.query_one("#right", Board)
        for line in ("b" * 20, "b" * 19 + "X"):
            board.lines = (line,)
            board.redraw()
            app.screen._compositor.update_widgets({board})
            update = sent(app, shown)
        assert re.sub(r"\x1b\[[\d;]*[A-Za-z]|\b", "", update) == "X"


@pytest.mark.parametrize(
    ("stretch", "within", "beyond"),
    [
        ((1, 12, 18), [(1, 12, 18)], []),
        ((1, 5, 30), [(1, 10, 20)], [(1, 5, 10), (1, 20, 30)]),
        ((1, 5, 15), [(1, 10, 15)], [(1, 5, 10)]),
        ((1, 0, 10), [], [(1, 0, 10)]),
        ((1, 20, 30), [], [(1, 20, 30)]),
        ((0, 12, 18), [], [(0, 12, 18)]),
        ((3, 12, 18), [], [(3, 12, 18)]),
    ],
)
def test_a_stretch_is_divided_at_the_edges_of_a_widget(
    stretch: Stretch, within: list[Stretch], beyond: list[Stretch]
) -> None:
    assert divided([stretch], Region(10, 1, 10, 2)) == (within, beyond)


async def test_what_lies_in_front_hides_what_changes_behind_it(
    terminal: tuple[pyte.Screen, pyte.Stream],
) -> None:
    screen, stream = terminal
    app = Table()
    async with app.run_test(size=(40, 4)) as pilot:
        note = Static("note")
        note.styles.layer, note.styles.position = "above", "absolute"
        note.styles.offset = (18, 1)
        note.styles.width = 4
        await app.screen.mount(note)
        await pilot.pause()
        for name in ("left", "right"):
            board = app.screen.query_one(f"#{name}", Board)
            board.lines = (name[0] * 20,) * 4
            board.redraw()
            app.screen._compositor.update_widgets({board})
        stream.feed(sent(app, ShownCells()))
        whole = app.screen._compositor.render_strips()
        assert displayed(screen) == [strip.text for strip in whole]
        assert "note" in displayed(screen)[1]
        assert displayed(screen)[2] == "l" * 20 + "r" * 20


async def test_what_did_not_change_is_not_rendered() -> None:
    app = Table()
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        left, right = (app.screen.query_one(f"#{name}", Board) for name in ("left", "right"))
        rendered: list[Region] = []
        right.render_lines = lambda crop: rendered.append(crop) or []  # type: ignore[func-returns-value,method-assign]
        left.lines = ("a", "b", "c", "d")
        left.redraw()
        app.screen._compositor.update_widgets({left})
        assert sent(app, ShownCells())
        assert rendered == []
