"""A text file as a table: its delimiter, its columns, its header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

# `csv.Sniffer` takes the comma of `a.jpg|cat|1,2`, and reads `""` in quotes as two ends of them.
DELIMITERS = ",\t;|"
# So many lines decide on the delimiter.
SNIFFED = 50
CODE_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class LabelTable:
    """The rows of a table, all of the same number of cells, without spaces at their ends.

    `header` is the first row, which may be one of the others.
    """

    name: str
    rows: Sequence[Sequence[str]]

    @property
    def header(self) -> Sequence[str]:
        return self.rows[0]

    def column(self, index: int) -> list[str]:
        return [row[index] for row in self.rows]


def read_table(name: str, content: bytes, most: int | None = None) -> LabelTable | None:
    """The table in a file; None where it has no two columns. Rows of another length are left out.

    Reads `most` lines at most. Columns are parted by commas, tabs, semicolons or bars, else by
    spaces.
    """
    lines = _text(content).splitlines()
    lines = [line for line in lines if line.strip() and "\0" not in line][:most]
    delimiter, width = _delimiter(lines[:SNIFFED])
    if width < 2:
        return None
    rows = [row for row in _rows(lines, delimiter) if len(row) == width]
    return LabelTable(name, rows) if rows else None


def _text(content: bytes) -> str:
    mark = CODE_MARKS.get(content[:2])
    try:
        return content.decode(mark or "utf-8-sig")
    except ValueError:
        return content.decode("latin-1")


def _delimiter(lines: Sequence[str]) -> tuple[str, int]:
    """The delimiter that gives all lines the same and the largest number of cells."""
    widths = {sign: {len(row) for row in _rows(lines, sign)} for sign in DELIMITERS}
    even = {sign: found.pop() for sign, found in widths.items() if len(found) == 1}
    best = max(even, key=lambda sign: even[sign], default=",")
    if even.get(best, 0) > 1:
        return best, even[best]
    spaced = {len(row) for row in _rows(lines, " ")}
    return (" ", spaced.pop()) if len(spaced) == 1 else (",", 0)


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    if delimiter == " ":
        return [line.split() for line in lines]
    try:
        rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        return [[cell.strip() for cell in row] for row in rows]
    except csv.Error:  # a cell that has no end
        return []
