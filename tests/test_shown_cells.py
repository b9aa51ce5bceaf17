"""The bytes for a terminal: it gets only what it does not show, and then shows what was meant."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.terminal.cursor_moves import Place, way
from tui.terminal.shown_cells import Piece, ShownCells, stretches
from tui.terminal.styled_cells import cells_of

COLUMNS, ROWS = 40, 4


def styled(*parts: tuple[str, str]) -> Strip:
    return Strip([Segment(text, Style.parse(style)) for text, style in parts])


def drawn(shown: ShownCells, *pieces: Piece) -> str:
    return shown.changed_to(pieces, COLUMNS, ColorSystem.TRUECOLOR)


# The stretches of a line


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("abcd", "abcd", []),
        ("abcd", "abXd", [(2, 3)]),
        ("abcdefgh", "aXcdeYgh", [(1, 6)]),
        ("abcdefgh", "aXcdefYh", [(1, 2), (6, 7)]),
        ("a──cdefgh", "b──ddefgh", [(0, 1), (3, 4)]),
        ("飞机", "飞bb", [(2, 4)]),
        ("飞b", "b飞", [(0, 3)]),
        ("bb飞b", "bb机b", [(2, 4)]),
        ("飞bbbb飞", "机bbbb飞", [(0, 2)]),
        ("e\u0301bc", "e\u0301bX", [(2, 3)]),
        ("abc", "a\x92bX", [(0, 3)]),
        ("❤\ufe0fb", "❤\ufe0fX", [(2, 3)]),
    ],
)
def test_the_stretches_that_differ(before: str, after: str, found: list[Place]) -> None:
    old, new = (cells_of(styled((text, "")), ColorSystem.TRUECOLOR) for text in (before, after))
    assert [*stretches(old, new)] == found


def test_cells_in_another_style_are_no_bridge() -> None:
    old = cells_of(styled(("abc", ""), ("d", "red"), ("e", "")), ColorSystem.TRUECOLOR)
    new = cells_of(styled(("abX", ""), ("d", "red"), ("Y", "")), ColorSystem.TRUECOLOR)
    assert [*stretches(old, new)] == [(2, 3), (4, 5)]


# The bytes


@pytest.mark.parametrize(
    ("strip", "bytes_"),
    [
        (styled(("a", ""), ("b", "")), "ab"),
        (styled(("a", "#010203"), ("b", "#010203")), "\x1b[38;2;1;2;3mab"),
        (styled(("a", "#010203"), (" ", "red")), "\x1b[38;2;1;2;3ma "),
        (styled(("a", ""), ("b", "#010203")), "a\x1b[38;2;1;2;3mb"),
        (styled(("a", "on #626262"), (" ", "red on #626262")), "\x1b[48;5;241ma "),
        (styled(("a", "bold"), ("b", "bold red")), "\x1b[1ma\x1b[31mb"),
        (styled((" ", ""), (" ", "underline")), " \x1b[4m "),
        # Those of one style come one after the other.
        (
            styled(("a", "red"), ("b", "#010203"), ("c", "red")),
            "\x1b[31ma\x1b[Cc\b\b\x1b[38;2;1;2;3mb",
        ),
    ],
)
def test_only_what_is_new_is_said(strip: Strip, bytes_: str) -> None:
    assert drawn(ShownCells(), Piece(0, 0, strip)) == f"\x1b[1H\x1b[m{bytes_}"


def test_a_terminal_keeps_its_style_and_its_cursor_between_two_drawings() -> None:
    shown = ShownCells()
    drawn(shown, Piece(0, 0, styled(("ab", "red"))))
    assert drawn(shown, Piece(0, 2, styled(("c", "red")))) == "c"
    assert drawn(shown, Piece(0, 0, styled(("ab", "red"), ("c", "red")))) == ""
    assert drawn(shown, Piece(0, 0, styled(("aX", "red")))) == "\b\bX"


def test_what_was_forgotten_is_sent_again() -> None:
    shown = ShownCells()
    first = drawn(shown, Piece(0, 0, styled(("ab", "red"))))
    shown.forget()
    assert drawn(shown, Piece(0, 0, styled(("ab", "red")))) == first


@pytest.mark.parametrize(("x", "other"), [(0, 1), (1, 0)])
def test_of_a_wide_character_that_was_cut_nothing_is_left(x: int, other: int) -> None:
    shown = ShownCells()
    drawn(shown, Piece(0, 0, styled(("飞", ""))))
    drawn(shown, Piece(0, x, styled(("b", ""))))
    assert drawn(shown, Piece(0, other, styled((" ", "")))).endswith(" ")
    assert drawn(shown, Piece(0, 0, styled(("飞", "")))).endswith("飞")


@pytest.mark.parametrize(
    ("before", "to", "sure", "bytes_"),
    [
        (None, (4, 2), False, "\x1b[3;5H"),
        (None, (0, 2), False, "\x1b[3H"),
        ((9, 2), (4, 2), False, "\x1b[5G"),
        ((12, 2), (14, 2), True, "\x1b[2C"),
        ((3, 2), (4, 2), True, "\x1b[C"),
        ((5, 2), (4, 2), True, "\b"),
        ((5, 2), (4, 3), True, "\x1b[B\b"),
        ((5, 2), (4, 3), False, "\x1b[4;5H"),
        ((4, 30), (4, 12), True, "\x1b[13d"),
        ((115, 9), (4, 9), True, "\x1b[5G"),
    ],
)
def test_the_shortest_way_of_the_cursor(
    before: Place | None, to: Place, sure: bool, bytes_: str
) -> None:
    assert way(before, to, sure_of_column=sure) == bytes_


# What a terminal makes of them

STYLES = st.sampled_from(
    ["", "bold", "underline", "reverse red", "#626262 on #767676", "bold #010203", "on blue"]
)
TEXTS = st.sampled_from(["a", "b", " ", "飞", "▀b", "e\u0301", "x" * 9, " " * 5])
FRAMES = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, ROWS - 1),
            st.integers(0, COLUMNS - 1),
            st.lists(st.tuples(TEXTS, STYLES), min_size=1, max_size=5),
        ),
        max_size=6,
    ),
    max_size=5,
)
Frame = list[tuple[int, int, list[tuple[str, str]]]]


@given(FRAMES, st.lists(st.booleans(), min_size=5, max_size=5))
def test_a_terminal_shows_the_same_as_if_rich_had_drawn_all_of_it(
    frames: list[Frame], forgotten: list[bool]
) -> None:
    shown, console = ShownCells(), Console(color_system="truecolor", force_terminal=True)
    one, other = pyte.Screen(COLUMNS, ROWS), pyte.Screen(COLUMNS, ROWS)
    for screen in (one, other):
        screen.reset_mode(7, private=True)  # as Textual does: lines do not wrap
    for frame, forget in zip(frames, forgotten, strict=False):
        if forget:
            shown.forget()
        for y, x, parts in frame:
            strip = styled(*parts)
            # Textual cuts the strips at the edge of the screen.
            strip = strip.crop(0, min(strip.cell_length, COLUMNS - x))
            pyte.Stream(one).feed(drawn(shown, Piece(y, x, strip)))
            pyte.Stream(other).feed(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}")
        assert seen_on(one) == seen_on(other)


def seen_on(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """The cells of all lines; of a blank that shows no more than its background, only this."""
    return [
        [
            (c.bg,) if c.data == " " and not (c.underscore or c.reverse) else tuple(c)
            for c in (screen.buffer[y][x] for x in range(screen.columns))
        ]
        for y in range(screen.lines)
    ]
