"""The cells of a strip, with the codes of their styles on a terminal."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rich.cells import split_graphemes
from rich.color import Color, ColorSystem
from rich.style import Style
from textual.strip import Strip

from tui.drawing.cells import NARROW

# The xterm palette holds these greys, 8, 18 … 238 of 255, under short numbers from 232 on.
GREYS = {8 + 10 * i: 232 + i for i in range(24)}
BOLD = "1"


class StyleCodes(NamedTuple):
    """The codes of a style (ECMA-48, SGR): attributes and both colours."""

    attributes: str
    foreground: str
    background: str

    @property
    def hides_blanks(self) -> bool:
        """Whether a space in this style shows only the background."""
        return self.attributes in ("", BOLD)


NOTHING = StyleCodes("", "39", "49")

# A character with the codes of its style; the second cell of a wide character has none.
Cell: TypeAlias = tuple[str, StyleCodes]


def shows_alike(one: StyleCodes, other: StyleCodes) -> bool:
    """Whether a blank looks the same in both styles."""
    return one.background == other.background and one.hides_blanks and other.hides_blanks


def cells_of(strip: Strip, colours: ColorSystem) -> list[Cell]:
    """A strip cell by cell, on a terminal with these colours.

    A character of zero width, such as an accent or a joiner, belongs to the one before it. A blank
    has only a background if nothing else of its style can be seen.
    """
    cells: list[Cell] = []
    for text, style, _ in strip:
        codes = codes_of(style or Style.null(), colours)
        blank = _blank(codes) if codes.hides_blanks else codes
        if NARROW.issuperset(text):
            cells += [(letter, blank if letter == " " else codes) for letter in text]
            continue
        for start, end, size in split_graphemes(text)[0]:
            if size:
                letter = text[start:end]
                cells.append((letter, blank if letter == " " else codes))
                cells += [("", codes)] * (size - 1)
    return cells


@lru_cache(4096)
def _blank(codes: StyleCodes) -> StyleCodes:
    return NOTHING._replace(background=codes.background)


@lru_cache(4096)
def codes_of(style: Style, colours: ColorSystem) -> StyleCodes:
    """The codes of this style on a terminal with these colours."""
    return StyleCodes(
        Strip.render_ansi(style.without_color, colours),
        _colour(style.color, colours, NOTHING.foreground, foreground=True),
        _colour(style.bgcolor, colours, NOTHING.background, foreground=False),
    )


def _colour(colour: Color | None, colours: ColorSystem, default: str, *, foreground: bool) -> str:
    if colour is None:
        return default
    shown = colour.downgrade(colours)
    red, green, blue = shown.triplet or (-1, 0, 0)
    if red == green == blue and red in GREYS:
        return f"{38 if foreground else 48};5;{GREYS[red]}"
    return ";".join(shown.get_ansi_codes(foreground))
