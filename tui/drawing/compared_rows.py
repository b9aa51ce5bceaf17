"""The table below the curves of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.choices import scrolled_range
from tui.drawing.table import Column, fitting_columns, table


def rows_below(columns: Sequence[Column], selected: int, width: int, height: int) -> list[Row]:
    """A heading and the rows that fit, of which the selected one has a sign."""
    seen = seen_rows(len(columns[0].texts), selected, height)
    fitted = fitting_columns(columns, width)
    rows = table([column.only(seen) for column in fitted], width)
    if selected in seen:
        at = 1 + seen.index(selected)
        name, *others = rows[at]
        rows[at] = (Span("▸", "selected"), Span(name.text[1:], name.ink), *others)
    return cells.filled(rows, width, height)


def seen_rows(count: int, selected: int, height: int) -> range:
    """The rows that are listed below the heading: the selected one is among them."""
    return scrolled_range(count, selected, height - 1, 0)
