"""Writes styled cells to a terminal in few bytes: it sends only what the terminal lacks.

Rich sends the whole style before each piece and resets it afterwards: about forty bytes for one
cell of a picture. A terminal keeps its style and its cursor until they change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from tui.drawing.cells import NARROW
from tui.terminal.cursor_moves import Place, way
from tui.terminal.styled_cells import BOLD, NOTHING, Cell, StyleCodes, shows_alike

# So many cells arrive at once: nobody sees in which order they were drawn.
PORTION = 800
# About the bytes that move the cursor within a line or to a cell below, and to another line.
NEAR, FAR = 4, 7
# The styles among which the next one is chosen.
AHEAD = 24


class Run(NamedTuple):
    """Neighbouring cells of a line, from this column and line on, both counted from 0."""

    x: int
    y: int
    cells: Sequence[Cell]


class Part(NamedTuple):
    """Neighbouring cells of one style, as a text of this width."""

    x: int
    y: int
    width: int
    text: str
    codes: StyleCodes


class Pen:
    """The style and the cursor of a terminal; at first, neither is known."""

    def __init__(self) -> None:
        self.width = 0
        """The columns of the terminal."""
        self._bytes: list[str] = []
        self._codes: StyleCodes | None = None
        # The place after the last character; its column may be wrong after an odd character.
        self._at: Place | None = None
        self._sure_of_column = False

    def draw_all(self, runs: Iterable[Run]) -> str:
        """The bytes that draw these runs, one style after the other."""
        for portion in _portions(runs):
            groups: dict[StyleCodes, list[Part]] = {}
            for run in portion:
                for part in _parts(run):
                    groups.setdefault(part.codes, []).append(part)
            while groups:
                parts = groups.pop(self._like(groups))
                while parts:
                    self._draw(parts.pop(self._nearest(parts)))
        return self._written()

    def cursor_to(self, x: int, y: int) -> str:
        """The bytes that put the cursor to this column and line."""
        self._move(x, y)
        return self._written()

    def _like(self, styles: Iterable[StyleCodes]) -> StyleCodes:
        """The one of the next few styles that it takes the fewest bytes to turn to."""
        now = self._codes or NOTHING
        return min(islice(styles, AHEAD), key=lambda codes: _change(now, codes))

    def _nearest(self, parts: Sequence[Part]) -> int:
        """The first part in this line or just below the cursor, else the first of all."""
        x, y = self._at or (-FAR, -FAR)
        for i, part in enumerate(parts):
            if part.y == y or part.x <= x < part.x + NEAR - 1:
                return i
        return 0

    def _draw(self, part: Part) -> None:
        self._move(part.x, part.y)
        self._turn_to(part.codes, part.text)
        self._bytes.append(part.text)
        self._sure_of_column = self._sure_of_column and NARROW.issuperset(part.text)
        self._at = part.x + part.width, part.y
        # At the right edge, the cursor stays in the last column.
        self._sure_of_column = self._sure_of_column and self._at[0] < self.width

    def _written(self) -> str:
        text = "".join(self._bytes)
        self._bytes.clear()
        return text

    def _move(self, x: int, y: int) -> None:
        """Put the cursor to this column and line, both counted from 0."""
        if self._at == (x, y):
            return
        self._bytes.append(way(self._at, (x, y), sure_of_column=self._sure_of_column))
        self._at, self._sure_of_column = (x, y), True

    def _turn_to(self, codes: StyleCodes, text: str) -> None:
        """Write the codes that differ from the current style and are visible in this text."""
        before = self._codes
        if before == codes:
            return
        if before is None:
            self._bytes.append("\x1b[m")
            before = NOTHING
        if text.isspace() and before.hides_blanks and codes.hides_blanks:
            codes = before._replace(background=codes.background)
        if found := ";".join(_new_codes(before, codes)):
            self._bytes.append(f"\x1b[{found}m")
        self._codes = codes


def _portions(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """The runs in groups of about PORTION cells."""
    portion: list[Run] = []
    size = 0
    for run in runs:
        portion.append(run)
        size += len(run.cells)
        if size >= PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _parts(run: Run) -> Iterator[Part]:
    """The parts of a run that can be drawn in one style each."""
    start, codes = 0, run.cells[0][1]
    for end, (letter, style) in enumerate(run.cells):
        if style == codes or (letter == " " and shows_alike(style, codes)):
            continue
        text = "".join(letter for letter, _ in run.cells[start:end])
        if text.isspace() and shows_alike(codes, style):
            codes = style  # blanks take the style of what follows
            continue
        yield Part(run.x + start, run.y, end - start, text, codes)
        start, codes = end, style
    text = "".join(letter for letter, _ in run.cells[start:])
    yield Part(run.x + start, run.y, len(run.cells) - start, text, codes)


@lru_cache(4096)
def _change(before: StyleCodes, codes: StyleCodes) -> int:
    """The bytes of the codes that change the style."""
    return sum(map(len, _new_codes(before, codes)))


def _new_codes(before: StyleCodes, codes: StyleCodes) -> list[str]:
    """The codes that turn one style into another."""
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
    return [code for code in said if code]
