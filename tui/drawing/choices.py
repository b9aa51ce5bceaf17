"""A list to choose from: aligned columns, and a mark at the chosen row, which stays visible."""

from __future__ import annotations

from collections.abc import Sequence

from tui.drawing.cells import Row, Span
from tui.drawing.table import Column, fitting_columns, table


def visible_range(count: int, chosen: int, room: int) -> range:
    """The part of `count` rows that fits into `room`, around the chosen one."""
    first = min(max(0, chosen - room // 2), max(0, count - room))
    return range(first, min(count, first + max(0, room)))


def scrolled_range(count: int, chosen: int, room: int, first: int) -> range:
    """The part of `count` rows that fits into `room`, with the chosen one.

    It begins at `first`, as long as the chosen one is in it.
    """
    first = min(max(first, chosen - room + 1), chosen)
    first = max(0, min(first, count - room))
    return range(first, min(count, first + max(0, room)))


def choice_rows(
    columns: Sequence[Column], chosen: int, visible: range, width: int, *, heading: bool
) -> list[Row]:
    """These rows, `▸` before the chosen one."""
    kept = [column.only(visible) for column in fitting_columns(columns, width - 1)]
    head, *rows = table(kept, width - 1)
    shown = [_row(row, at == chosen) for at, row in zip(visible, rows, strict=True)]
    return ([(Span(" "), *head)] if heading else []) + shown


def _row(row: Row, chosen: bool) -> Row:
    if not chosen:
        return (Span(" "), *row)
    return (Span("▸", "selected"), *(Span(span.text, "selected") for span in row))
