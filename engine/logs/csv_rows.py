"""The rows of a table whose cells are separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv

from engine.errors import RunError
from engine.logs import logs_text
from engine.logs.cell_values import cell_number, is_missing
from engine.logs.columns import column
from engine.logs.damaged_line import DamagedLineError
from engine.logs.row_splits import KEYS, with_split

_DELIMITERS = ",\t;|"


def delimiter(header: str) -> str:
    """The delimiter that cuts a header into most cells; a comma if none is there."""
    return max(_DELIMITERS, key=header.count)


class CsvRows:
    """Reads lines one after the other; the first one is the header.

    A header may come again, the same one or another, where a program was started again. Raises
    RunError if the first line is none.
    """

    def __init__(self, header: str, path: object) -> None:
        self._delimiter = delimiter(header)
        if any(self._number(cell) is not None for cell in self._cells(header)):
            raise RunError(logs_text.no_header(path))
        self._set_header(header)

    def _set_header(self, line: str) -> None:
        self._header = line
        self.names = [name.strip() for name in self._cells(line)]
        self._split_cells = [i for i, name in enumerate(self.names) if name.lower() in KEYS]

    def row(self, line: str) -> dict[str, float] | None:
        """The numbers of a line by their names, None for a header. Raises DamagedLineError."""
        if line == self._header:
            return None
        cells = self._cells(line)
        found = zip(self.names, map(self._number, cells), strict=False)
        values = {name: number for name, number in found if number is not None and name}
        if not values and self._is_header(cells):
            self._set_header(line)
            return None
        # Scripts end their rows with a delimiter that the header does not have.
        if len(cells) < len(self.names) or any(cells[len(self.names) :]):
            raise DamagedLineError(logs_text.wrong_width(len(cells), len(self.names)))
        for i in self._split_cells:
            values = with_split(cells[i].strip(), values)
        return values

    def _number(self, cell: str) -> float | None:
        if not cell:
            return None
        number = cell_number(cell)
        if number is None and "," in cell and self._delimiter != ",":
            # Spreadsheets of many countries write 0,5 and cut cells by something else.
            number = cell_number(cell.replace(",", ".", 1))
        return number

    def _cells(self, line: str) -> list[str]:
        if '"' not in line:
            return line.split(self._delimiter)
        try:
            return next(csv.reader([line], delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            raise DamagedLineError(str(error)) from None

    def _is_header(self, cells: list[str]) -> bool:
        """Whether a line in the middle names columns, some of which are known."""
        names = [cell for cell in cells if not is_missing(cell)]
        if not names or any(self._number(name) is not None for name in names):
            return False
        known = [name for name in names if name.strip() in self.names or column(name).meaning]
        return len(known) > len(names) // 2
