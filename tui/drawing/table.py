"""Tables whose columns are as wide as their texts, the least telling left out when narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span

BETWEEN = 2
# A first column is shortened to this before another one is left out.
NARROW = 18


class Column(NamedTuple):
    """One column, a text a row; that with the highest `rank` is left out first."""

    heading: str
    texts: Sequence[str]
    rank: int = 0
    right: bool = False
    ink: Ink = "plain"

    def cells(self) -> int:
        return widest([self.heading, *self.texts])


def widest(texts: Sequence[str]) -> int:
    """The cells that the longest of these texts takes."""
    return max((cells.width([Span(text)]) for text in texts), default=0)


def fitting_columns(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns that fit beside the first one, which is never left out."""
    first, *kept = columns
    room = width - 1 - min(NARROW, first.cells())
    while kept and sum(column.cells() + BETWEEN for column in kept) > room:
        kept.remove(max(kept, key=lambda column: column.rank))
    return [first, *kept]


def table(columns: Sequence[Column], width: int) -> list[Row]:
    """The heading and the rows, a cell in from the left; long names lose their beginning."""
    first, *others = columns
    room = max(0, width - 1 - sum(column.cells() + BETWEEN for column in others))
    room = min(room, first.cells())
    heading = Column("", [column.heading for column in columns])
    rows = [cells.row(*(Span(_aligned(c, c.heading, c.cells()), "dim") for c in others))]
    rows[0] = (Span(" " + cells.fit_text(heading.texts[0], room), "dim"), *rows[0])
    for i, name in enumerate(first.texts):
        spans = [Span(_aligned(c, c.texts[i], c.cells()), c.ink) for c in others]
        rows.append((Span(" " + abbreviated(name, room), first.ink), *spans))
    return rows


def abbreviated(name: str, width: int) -> str:
    """The end of a long name: `…0.conv1`."""
    if widest([name]) <= width or width < 2:
        return cells.fit_text(name, max(0, width))
    while name and widest([name]) > width - 1:
        name = name[1:]
    return cells.fit_text("…" + name, width)


def _aligned(column: Column, text: str, width: int) -> str:
    fitted = cells.right(text, width) if column.right else cells.fit_text(text, width)
    return " " * BETWEEN + fitted
