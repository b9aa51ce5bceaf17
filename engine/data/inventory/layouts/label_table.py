"""A text file as a table: its delimiter, its columns, its header."""

from __future__ import annotations

import contextlib
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

# `csv.Sniffer` splits a table at spaces because of one quoted cell that has some.
DELIMITERS = ",\t;|"
# So many lines decide on the delimiter.
SNIFFED = 50
# This share of them must agree: a row may lack a cell.
MOST_ROWS = 0.7
CODE_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class LabelTable:
    """The rows of a table, all of the same number of cells, without spaces at their ends.

    The header is the first row, which may be one of the others. `uneven` is the number of rows with
    another number of cells, which are left out.
    """

    name: str
    rows: Sequence[Sequence[str]]
    uneven: int = 0
    delimiter: str = ","

    @property
    def header(self) -> Sequence[str]:
        return self.rows[0]

    def column_names(self, header: bool) -> Sequence[str]:
        """The headers; of a table without, the places of the columns: `1`, `2`."""
        return self.header if header else [str(at + 1) for at in range(len(self.header))]


def read_table(name: str, content: bytes, most: int | None = None) -> LabelTable | None:
    """The table in a file; None where it has no two columns. Reads `most` rows at most.

    Columns are parted by commas, tabs, semicolons or bars, else by spaces.
    """
    text = decoded(content).replace("\0", "")
    if text.startswith("sep="):  # so Excel notes the delimiter
        text = text.partition("\n")[2]
    delimiter, width = _delimiter(text)
    if width < 2:
        return None
    rows = [*islice(_rows(text, delimiter), most)]
    even = [row for row in rows if len(row) == width]
    return LabelTable(name, even, len(rows) - len(even), delimiter)


def decoded(content: bytes) -> str:
    """The text of a file, by its mark of an encoding, in UTF-8 or else in Latin-1."""
    mark = CODE_MARKS.get(content[:2])
    try:
        return content.decode(mark or "utf-8-sig")
    except ValueError:
        return content.decode("latin-1")


def _delimiter(text: str) -> tuple[str, int]:
    """The delimiter that gives most lines the same and the largest number of cells."""
    found = {sign: _width(text, sign) for sign in DELIMITERS}
    best = max(DELIMITERS, key=lambda sign: found[sign])
    return (best, found[best]) if found[best] > 1 else (" ", _width(text, " "))


def _width(text: str, delimiter: str) -> int:
    """The number of cells of most of the first rows; 0 where they have no number in common."""
    widths = Counter(len(row) for row in islice(_rows(text, delimiter), SNIFFED))
    width, rows = max(widths.items(), key=lambda item: item[1], default=(0, 0))
    return width if rows >= MOST_ROWS * widths.total() else 0


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that are not empty. Ends at a cell that is longer than any label."""
    lines = io.StringIO(text, newline="")
    if delimiter == " ":
        rows: Iterator[list[str]] = (line.split() for line in lines)
    else:
        rows = iter(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    with contextlib.suppress(csv.Error):
        for row in rows:
            if any(cells := [cell.strip() for cell in row]):
                yield cells
