"""The more ink a cell of the confusion matrix has, the larger its number: with every theme."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color
from textual.theme import Theme

from engine.protocol.events import Confusion
from tui.drawing.cells import FILLS, Row
from tui.drawing.mistakes import counts
from tui.drawing.plain import to_ascii
from tui.drawing.shades import SHADES
from tui.panes.confusion.confusion_drawing import confusion_pane
from tui.panes.confusion.matrix_view import MatrixView
from tui.panes.confusion.shading import SIGNS, Shading
from tui.widgets.themes import DARK, LIGHT

matrices = st.integers(2, 5).flatmap(
    lambda many: st.lists(
        st.lists(st.integers(0, 1000) | st.integers(0, 3), min_size=many, max_size=many),
        min_size=many,
        max_size=many,
    )
)


@given(matrices, st.booleans())
def test_the_level_grows_with_the_number(rows: list[list[int]], in_counts: bool) -> None:
    """Hits and mistakes on one scale; what is not 0 is never drawn as if it were."""
    counted = counts(Confusion(1, tuple(map(tuple, rows))))
    shading = Shading(counted, in_counts)
    levels = []
    for true, row in enumerate(rows):
        for predicted, images in enumerate(row):
            shade = shading.shade(true, predicted)
            value = images if in_counts else counted.fraction(true, predicted)
            assert (shade.level > 0) == (images > 0) == (shade.number != "·")
            if shade.number.isdecimal() and not in_counts:
                assert abs(100 * value - int(shade.number)) < 1
            levels.append((value, shade.level))
    for (value, level), (larger, higher) in itertools.pairwise(sorted(levels)):
        assert level <= higher, (value, larger)


def ink(row: Row, sign: str) -> int:
    return sum(span.text.count(sign) for span in row)


def test_signs_cover_more_of_a_cell_from_level_to_level() -> None:
    plain = [SHADES.index(to_ascii(sign)) for sign in SIGNS]
    assert plain == sorted(set(plain))
    # A number of three digits keeps its sign: a hit of 100 % once had no ink.
    matrix = Confusion(1, ((10, 0), (1, 9)))
    full, most = confusion_pane(matrix, ("a", "b"), 30, 3)[1:]
    assert ink(full, "█") == ink(most, "█") == 1


def contrast(background: Color, behind: Color) -> float:
    """The luminance that a fill adds to or takes from what is behind it."""
    return abs(background.brightness - behind.brightness)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("coloured", [True, False])
def test_fills_stand_out_more_from_level_to_level(theme: Theme, coloured: bool) -> None:
    """A hit never has more ink than a mistake of a higher level, nor the other way round."""

    def shown(colour: str) -> Color:
        return Color.parse(colour) if coloured else Color.parse(colour).monochrome

    assert theme.background is not None
    behind = shown(theme.background)
    inks = [
        [contrast(shown(theme.variables[f"fill-{fill}"]), behind) for fill in fills]
        for fills in zip(*FILLS, strict=True)
    ]
    for lower, higher in itertools.pairwise(inks):
        assert 0 < max(lower) < min(higher)


def test_a_coloured_cell_is_filled_whatever_its_number() -> None:
    matrix = Confusion(1, ((100, 0), (83, 17)))
    first, second = confusion_pane(matrix, ("a", "b"), 30, 3, MatrixView(coloured=True))[1:]
    assert [span.ink for span in (*first[1:3], *second[1:3])] == ["hit4", "dim", "miss4", "hit3"]
