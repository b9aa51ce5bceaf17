"""Writes the numbers of a run as a table in a CSV file, one row for each report.

The columns are those of `reports.NAMES`, then the scalars in the order in which they first occur.
A cell is empty where the report does not measure that number, and `NaN` where it is not finite.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from engine.errors import UsageError
from engine.export import numbers_text
from engine.run.journal_search import last_seq
from engine.run.reports import NAMES, Numbers, all_reports, numbers_of
from engine.run.run_paths import RunDir
from engine.run.whole_file import whole_file

NAN = "NaN"


class Table(NamedTuple):
    """What was written: the names of the columns, and the number of rows."""

    columns: tuple[str, ...]
    rows: int


def write_csv(run: RunDir, path: Path) -> Table:
    """Write the table of a run.

    Raises UsageError if there are no numbers, and RunError if the file cannot be written.
    """
    columns = dict.fromkeys(NAMES)
    # The rows as they are written, by the number of columns that were known when they were read.
    rows: dict[int, list[bytes]] = {}
    for report in all_reports(run.journal, last_seq(run.journal)):
        numbers = numbers_of(report)
        if not numbers.keys() <= columns.keys():
            columns.update(dict.fromkeys(numbers))
        rows.setdefault(len(columns), []).append(_row(numbers, columns))
    if not rows:
        raise UsageError(numbers_text.no_numbers(run.label))
    with whole_file(path) as file:
        file.write(_heading(columns))
        for known, some in rows.items():
            end = b"," * (len(columns) - known) + b"\n"
            file.writelines(row + end for row in some)
    return Table(tuple(columns), sum(map(len, rows.values())))


def _heading(columns: Iterable[str]) -> bytes:
    """The first line; a name with a comma or a quote is quoted, as no number has to be."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(columns)
    return line.getvalue().encode()


def _row(numbers: Numbers, columns: Iterable[str]) -> bytes:
    cells = (_cell(numbers[name]) if name in numbers else "" for name in columns)
    return ",".join(cells).encode()


def _cell(value: float | None) -> str:
    return NAN if value is None else repr(value)
