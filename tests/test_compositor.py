"""The bytes on the wire: only what changed is sent, and a terminal shows what was meant."""

from __future__ import annotations

import io
import re

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from tui.drawing.cells import Row, Span
from tui.terminal.compositor import FineCompositor, Stretch, divided
from tui.terminal.pen import Pen
from tui.widgets.drawn import CellWidget, changed
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
    app = Table()
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        board = app.screen.query_one("#right", Board)
        for line in ("b" * 20, "b" * 19 + "X"):
            board.lines = (line,)
            board.redraw()
            app.screen._compositor.update_widgets({board})
            update = sent(app)
        assert re.sub(r"\x1b\[[\d;]*[mHG]", "", update) == "X"


@pytest.mark.parametrize(
    ("before", "after", "stretches"),
    [
        ("abcd", "abcd", []),
        ("abcd", "abXd", [(2, 3)]),
        ("abcdefgh", "aXcdeYgh", [(1, 6)]),
        ("abcdefgh", "aXcdefYh", [(1, 2), (6, 7)]),
        ("飞机", "飞bb", [(2, 4)]),
        ("飞b", "b飞", [(0, 3)]),
        ("bb飞b", "bb机b", [(2, 4)]),
        ("飞bbbb飞", "机bbbb飞", [(0, 2)]),
        ("e\u0301bc", "e\u0301bX", [(2, 3)]),
        ("abc", "a\x92bX", [(0, 3)]),
        ("❤\ufe0fb", "❤\ufe0fX", [(2, 3)]),
    ],
)
def test_the_stretches_that_differ(
    before: str, after: str, stretches: list[tuple[int, int]]
) -> None:
    assert changed((Span(before),), (Span(after),)) == stretches


def test_another_ink_is_a_change() -> None:
    assert changed((Span("ab"),), (Span("a"), Span("b", "error"))) == [(1, 2)]


def written(*strips: Strip) -> str:
    """What a pen makes of these strips, one below the other."""
    pen = Pen(ColorSystem.TRUECOLOR)
    for y, strip in enumerate(strips):
        pen.draw(0, y, strip)
    return pen.written()


def styled(*parts: tuple[str, str]) -> Strip:
    return Strip([Segment(text, Style.parse(style)) for text, style in parts])


@pytest.mark.parametrize(
    ("strip", "bytes_"),
    [
        (styled(("a", ""), ("b", "")), "ab"),
        (styled(("a", "#010203"), ("b", "#010203")), "\x1b[38;2;1;2;3mab\x1b[m"),
        (styled(("a", "#010203"), (" ", "red")), "\x1b[38;2;1;2;3ma \x1b[m"),
        (styled(("a", "#010203"), ("b", "")), "\x1b[38;2;1;2;3ma\x1b[39mb"),
        (styled(("a", "on #626262"), (" ", "red on #626262")), "\x1b[48;5;241ma \x1b[m"),
        (styled(("a", "bold"), ("b", "")), "\x1b[1ma\x1b[22mb"),
        (styled(("a", "bold underline red"), ("b", "red")), "\x1b[1;4;31ma\x1b[0;31mb\x1b[m"),
        (styled((" ", ""), (" ", "underline")), " \x1b[4m \x1b[m"),
    ],
)
def test_a_pen_says_only_what_is_new(strip: Strip, bytes_: str) -> None:
    assert written(strip) == f"\x1b[1;1H{bytes_}"


def test_a_pen_that_goes_on_in_its_line_says_the_column_alone() -> None:
    pen = Pen(ColorSystem.TRUECOLOR)
    for x, y in ((0, 0), (1, 0), (5, 0), (6, 1)):
        pen.draw(x, y, styled(("a", "")))
    assert pen.written() == "\x1b[1;1Haa\x1b[6Ga\x1b[2;7Ha"


STYLES = st.sampled_from(
    ["", "bold", "underline", "reverse red", "#626262 on #767676", "bold #010203", "on blue"]
)
STRIPS = st.lists(
    st.lists(st.tuples(st.sampled_from(["a", " ", "飞", "▀b"]), STYLES), max_size=4),
    max_size=4,
)


@given(STRIPS)
def test_a_pen_and_rich_make_the_same_screen(lines: list[list[tuple[str, str]]]) -> None:
    strips = [styled(*line) for line in lines]
    console = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
    one, other = pyte.Screen(40, 4), pyte.Screen(40, 4)
    pyte.Stream(one).feed(written(*strips))
    pyte.Stream(other).feed("\r\n".join(strip.render(console) for strip in strips))
    assert [seen(one, y) for y in range(4)] == [seen(other, y) for y in range(4)]


def seen(screen: pyte.Screen, y: int) -> list[tuple[object, ...]]:
    """The cells of a line; of a blank that shows no more than its background, only this."""
    cells = [screen.buffer[y][x] for x in range(40)]
    return [
        (c.bg,) if c.data == " " and not (c.underscore or c.reverse) else tuple(c) for c in cells
    ]


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
        stream.feed(sent(app))
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
        assert sent(app)
        assert rendered == []
