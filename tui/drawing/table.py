"""Tables with columns as wide as their texts; narrow ones lose their least useful columns."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span

BETWEEN = 2
# The first column is shortened to this before another column is left out.
NARROW = 18
# The first column is never shorter than this; the columns on its right are cut instead.
SHORTEST = 8
# The characters before the name of a row in a tree.
INDENTS = " ▸▾"


class Column:
    """One column, with a text for each row, as wide as its widest text.

    The column with the highest `rank` is left out first. `least` is its least width, `gap` the
    space before it. `inks`, one for each row, replace the single `ink`.
    """

    def __init__(
        self,
        heading: str,
        texts: Sequence[str],
        rank: int = 0,
        right: bool = False,
        ink: Ink = "plain",
        *,
        inks: Sequence[Ink] = (),
        least: int = 0,
        gap: int = BETWEEN,
    ) -> None:
        self.texts, self.inks = texts, inks
        self.heading, self.rank, self.right, self.ink = heading, rank, right, ink
        self.cells = max(least, widest([heading, *texts]))
        self.room = gap + self.cells
        self._before = " " * gap

    def only(self, rows: Sequence[int]) -> Column:
        """The column with these rows only."""
        kept = copy.copy(self)
        kept.texts = [self.texts[row] for row in rows]
        kept.inks = [self.inks[row] for row in rows] if self.inks else ()
        return kept

    def span(self, text: str, ink: Ink) -> Span:
        """One text of the column, with the space before it."""
        fitted = cells.right(text, self.cells) if self.right else cells.fit_text(text, self.cells)
        return Span(self._before + fitted, ink)

    def ink_of(self, row: int) -> Ink:
        return self.inks[row] if self.inks else self.ink


def widest(texts: Iterable[str]) -> int:
    """The width in cells of the longest of these texts."""
    # `cell_len` looks up each text, which is slow for tens of thousands of them.
    return max((len(each) if each.isascii() else cell_len(each) for each in texts), default=0)


def fitting_columns(columns: Sequence[Column], width: int, narrow: int = NARROW) -> list[Column]:
    """The columns that fit; the first one and those of rank 0 always stay."""
    first, *kept = columns
    room = width - 2 - min(narrow, first.cells)
    optional = sorted((column for column in kept if column.rank), key=lambda column: column.rank)
    while optional and sum(column.room for column in kept) > room:
        kept.remove(optional.pop())
    return [first, *kept]


def table(columns: Sequence[Column], width: int) -> list[Row]:
    """The heading and the rows, indented by a cell.

    A name that is too long loses its beginning.
    """
    first, *others = columns
    room = max(SHORTEST, width - 2 - sum(column.room for column in others))
    room = min(room, first.cells)
    name = Span(" " + cells.fit_text(first.heading, room), "dim")
    rows: list[Row] = [(name, *(column.span(column.heading, "dim") for column in others))]
    for i in range(len(first.texts)):
        name = Span(" " + abbreviated(first.texts[i], room), first.ink_of(i))
        rows.append((name, *(column.span(column.texts[i], column.ink_of(i)) for column in others)))
    return rows


def abbreviated(name: str, width: int) -> str:
    """The end of a long name: `…0.conv1`; its indent stays."""
    if widest([name]) <= width or width < 2:
        return cells.fit_text(name, max(0, width))
    bare = name.lstrip(INDENTS)
    before = name[: len(name) - len(bare)] if len(name) - len(bare) < width - 2 else ""
    while bare and widest([before + bare]) > width - 1:
        bare = bare[1:]
    return cells.fit_text(f"{before}…{bare}", width)
