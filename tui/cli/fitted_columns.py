"""Which columns of a table fit into a terminal, and how wide they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

# Cells between two columns.
BETWEEN = 3


class TableColumn(NamedTuple):
    """A heading, and how the column shrinks in a narrow terminal.

    The column with the highest `rank` is left out first; among equal ranks, the last one. The first
    column always stays. A column with `least` can shrink to that many cells: prose is wrapped,
    other text is cut.
    """

    title: str
    numeric: bool = False
    rank: int = 0
    least: int | None = None
    prose: bool = False


def widest_cells(columns: Sequence[TableColumn], rows: Iterable[Sequence[str]]) -> list[int]:
    """The width of each column with its heading, in cells, where there is room for all."""
    by_column = zip(*([column.title for column in columns], *rows), strict=True)
    return [max(map(cell_len, texts)) for texts in by_column]


def fit_columns(
    columns: Sequence[TableColumn], widths: Sequence[int], room: int
) -> tuple[list[int], list[int]]:
    """The indices of the columns that fit into `room` cells, and the widths of all columns.

    Spare cells go to the first column that has shrunk, then to the next.
    """
    fitted = [
        w if c.least is None else min(c.least, w) for c, w in zip(columns, widths, strict=True)
    ]
    kept = list(range(len(columns)))
    optional = sorted(kept[1:], key=lambda i: columns[i].rank)
    while optional and table_width([fitted[i] for i in kept]) > room:
        kept.remove(optional.pop())
    for i in kept:
        spare = max(0, room - table_width([fitted[j] for j in kept]))
        fitted[i] = min(widths[i], fitted[i] + spare)
    return kept, fitted


def table_width(widths: Sequence[int]) -> int:
    """The cells that a table of columns of these widths takes."""
    return sum(widths) + BETWEEN * (len(widths) - 1)
