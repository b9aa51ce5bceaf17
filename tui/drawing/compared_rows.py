"""The table below the curves of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.table import Column, fitting_columns, table


def rows_below(columns: Sequence[Column], selected: int, width: int, height: int) -> list[Row]:
    """A heading and the rows that fit, of which the selected one has a sign."""
    count = len(columns[0].texts)
    first = first_row(selected, height)
    seen = range(first, min(count, first + max(0, height - 1)))
    fitted = fitting_columns(columns, width)
    rows = table([column.only(seen) for column in fitted], width)
    if selected in seen:
        name, *others = rows[1 + selected - first]
        rows[1 + selected - first] = (Span("›", "selected"), Span(name.text[1:], name.ink), *others)
    return cells.filled(rows, width, height)


def first_row(selected: int, height: int) -> int:
    """The first row that is listed, so that the selected one is visible."""
    return max(0, selected + 2 - max(2, height))
