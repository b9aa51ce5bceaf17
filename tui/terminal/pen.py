"""Writes styled text to a terminal in few bytes: it sends only style codes that change.

Rich sends the whole style before each piece and resets it afterwards: about forty bytes for one
cell of a picture. A terminal keeps its style until it changes, so the other codes are not needed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.style import Style
from textual.strip import Strip

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


class Pen:
    """Collects the bytes that draw strips on the screen; `written` returns them."""

    def __init__(self, colours: ColorSystem) -> None:
        self._colours = colours
        self._parts: list[str] = []
        self._codes = NOTHING
        # The column and line after the last character.
        self._at = (-1, -1)

    def draw(self, x: int, y: int, strip: Strip) -> None:
        """Write a strip from this column and line on, both counted from 0."""
        if self._at[1] != y:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        elif self._at[0] != x:
            self._parts.append(f"\x1b[{x + 1}G")
        for text, style, _ in strip:
            self._turn_to(codes_of(style or Style.null(), self._colours), text)
            self._parts.append(text)
        self._at = x + strip.cell_length, y

    def written(self) -> str:
        """The bytes of everything that was drawn, with a reset of the style at the end."""
        end = "\x1b[m" if self._codes != NOTHING else ""
        return "".join(self._parts) + end

    def _turn_to(self, codes: StyleCodes, text: str) -> None:
        """Write the codes that differ from the current style and are visible in this text."""
        before = self._codes
        if before == codes:
            return
        if text.isspace() and before.hides_blanks and codes.hides_blanks:
            codes = before._replace(background=codes.background)
        said = []
        if before.attributes != codes.attributes:
            if before.attributes == BOLD:
                said.append("22")
            elif before.attributes:
                said.append("0")
                before = NOTHING
            said.append(codes.attributes)
        said.append(codes.foreground if codes.foreground != before.foreground else "")
        said.append(codes.background if codes.background != before.background else "")
        if found := ";".join(code for code in said if code):
            self._parts.append(f"\x1b[{found}m")
        self._codes = codes


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
