"""Tables whose columns are as wide as their texts, the least telling left out when narrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span

BETWEEN = 2
# A first column is shortened to this before another one is left out.
NARROW = 18
# Nor is it ever shorter than this: what is right of it is cut instead.
SHORTEST = 8


class Column:
    """One column, a text a row, as wide as its widest; the highest `rank` is left out first."""

    def __init__(
        self,
        heading: str,
        texts: Sequence[str],
        rank: int = 0,
        right: bool = False,
        ink: Ink = "plain",
    ) -> None:
        self.texts = texts
        self.heading, self.rank, self.right, self.ink = heading, rank, right, ink
        self.cells = widest([heading, *texts])

    def span(self, text: str, ink: Ink) -> Span:
        """One text of the column, with the space before it."""
        fitted = cells.right(text, self.cells) if self.right else cells.fit_text(text, self.cells)
        return Span(" " * BETWEEN + fitted, ink)


def widest(texts: Iterable[str]) -> int:
    """The cells that the longest of these texts takes."""
    return max((cells.width([Span(text)]) for text in texts), default=0)


def fitting_columns(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns that fit; neither the first nor those of rank 0 are ever left out."""
    first, *kept = columns
    room = width - 2 - min(NARROW, first.cells)
    optional = sorted((column for column in kept if column.rank), key=lambda column: column.rank)
    while optional and sum(column.cells + BETWEEN for column in kept) > room:
        kept.remove(optional.pop())
    return [first, *kept]


def table(columns: Sequence[Column], width: int, shown: range | None = None) -> list[Row]:
    """The heading and these rows, or all, a cell in from the left.

    A name that is too long loses its beginning.
    """
    first, *others = columns
    room = max(SHORTEST, width - 2 - sum(column.cells + BETWEEN for column in others))
    room = min(room, first.cells)
    name = Span(" " + cells.fit_text(first.heading, room), "dim")
    rows: list[Row] = [(name, *(column.span(column.heading, "dim") for column in others))]
    for i in range(len(first.texts)) if shown is None else shown:
        name = Span(" " + abbreviated(first.texts[i], room), first.ink)
        rows.append((name, *(column.span(column.texts[i], column.ink) for column in others)))
    return rows


def abbreviated(name: str, width: int) -> str:
    """The end of a long name: `…0.conv1`."""
    if widest([name]) <= width or width < 2:
        return cells.fit_text(name, max(0, width))
    while name and widest([name]) > width - 1:
        name = name[1:]
    return cells.fit_text("…" + name, width)
