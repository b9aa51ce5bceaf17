"""Prints a table of runs row by row, so that the first ones of very many are there at once."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence

import click
from rich.cells import cell_len, set_cell_size

from engine.text import harmless
from tui.cli import cli_text
from tui.cli.fitted_columns import BETWEEN, TableColumn, fit_columns, widest_cells
from tui.viewer.run_columns import RunColumn
from tui.viewer.run_summary import RunSummary

# The widths of the columns are those of so many first rows: more than a screen shows.
MEASURED_ROWS = 200


def printed(
    runs: Iterable[RunSummary], columns: Sequence[RunColumn], *, chosen: bool
) -> Iterator[RunSummary]:
    """Print a row for each run, and yield it.

    A terminal gets the columns for which it has room, anything else gets all. Columns that nobody
    has `chosen` are left out if they are empty. There is no heading without a row.
    """
    rest = iter(runs)
    first = [*(itertools.islice(rest, MEASURED_ROWS) if _on_terminal() else rest)]
    if not first:
        return
    rows = [[_cell(column, run) for column in columns] for run in first]
    is_all = len(first) < MEASURED_ROWS or not _on_terminal()
    shown = [
        i
        for i in range(len(columns))
        if chosen or not is_all or any(row[i] for row in rows) or not columns[i].rank
    ]
    layout = _Layout([columns[i] for i in shown], [[row[i] for i in shown] for row in rows])
    layout.print_heading()
    for run in itertools.chain(first, rest):
        layout.print_row(run)
        yield run
    if layout.left_out:
        click.echo(cli_text.left_out(layout.left_out))


class _Layout:
    """The columns that fit, and their widths in cells."""

    def __init__(self, columns: Sequence[RunColumn], rows: Sequence[Sequence[str]]) -> None:
        table = [TableColumn(c.heading, c.right, c.rank, c.least) for c in columns]
        room = shutil.get_terminal_size().columns if _on_terminal() else sys.maxsize
        kept, fitted = fit_columns(table, widest_cells(table, rows), room)
        self._columns = [(columns[i], fitted[i]) for i in kept]
        self.left_out = [c.heading for i, c in enumerate(columns) if i not in kept]

    def print_heading(self) -> None:
        heading = self._line([column.heading for column, _ in self._columns])
        click.echo(click.style(heading, dim=True) if _is_coloured() else heading)

    def print_row(self, run: RunSummary) -> None:
        click.echo(self._line([_cell(column, run) for column, _ in self._columns]))

    def _line(self, cells: Sequence[str]) -> str:
        fitted = (_fitted(cell, *place) for cell, place in zip(cells, self._columns, strict=True))
        return (" " * BETWEEN).join(fitted).rstrip()


def _cell(column: RunColumn, run: RunSummary) -> str:
    return harmless(column.cell(run))


def _fitted(cell: str, column: RunColumn, width: int) -> str:
    """The cell at this width. A number that is longer stays whole, and moves its row."""
    length = cell_len(cell)
    if length > width:
        return cell if column.right else f"{set_cell_size(cell, max(0, width - 1))}…"
    blank = " " * (width - length)
    return blank + cell if column.right else cell + blank


def _on_terminal() -> bool:
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def _is_coloured() -> bool:
    return _on_terminal() and not os.environ.get("NO_COLOR")
