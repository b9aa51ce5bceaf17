"""A list to choose from: aligned columns, and a mark at the chosen row, which stays visible."""

from __future__ import annotations

from collections.abc import Sequence

from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.table import Column, fitting_columns, table


def visible_range(count: int, chosen: int, room: int) -> range:
    """The part of `count` rows that fits into `room`, around the chosen one."""
    first = min(max(0, chosen - room // 2), max(0, count - room))
    return range(first, min(count, first + max(0, room)))


def choice_rows(
    columns: Sequence[Column], chosen: int, width: int, height: int, *, heading: bool
) -> list[Row]:
    """The rows around the chosen one, `▸` before it."""
    room = height - heading
    if room < 1:
        return [cells.fit((), width)] * height
    visible = visible_range(len(columns[0].texts), chosen, room)
    kept = [column.only(visible) for column in fitting_columns(columns, width - 1)]
    head, *rows = table(kept, width - 1)
    shown = [_row(row, at == chosen) for at, row in zip(visible, rows, strict=True)]
    return ([(Span(" "), *head)] if heading else []) + shown


def _row(row: Row, chosen: bool) -> Row:
    if not chosen:
        return (Span(" "), *row)
    return (Span("▸", "selected"), *(Span(span.text, "selected") for span in row))
