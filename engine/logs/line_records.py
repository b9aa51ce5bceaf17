"""The rows of a text with a row on each line: CSV, or JSON lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.errors import RunError
from engine.logs import json_rows, logs_text
from engine.logs.csv_rows import CsvRows
from engine.logs.damaged_line import DamagedLineError
from engine.logs.line_tail import Line, LineTail
from engine.logs.record import Record
from engine.logs.table_kinds import BOM


class JsonLines:
    """Reads JSON lines."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.names: Sequence[str] = ()
        self._tail = LineTail(path, now)

    @property
    def offset(self) -> int:
        return self._tail.offset

    def read(self) -> list[Record]:
        return [
            _json_record(line) for line in self._tail.read() if line.text.strip() or line.is_long
        ]


def _json_record(line: Line) -> Record:
    if line.is_long:
        return _damaged(line, logs_text.LONG_LINE)
    try:
        values = json_rows.numbers(json_rows.decode(line.text.removeprefix(BOM)))
    except DamagedLineError as error:
        return _damaged(line, str(error))
    return Record(line.number, line.offset, values)


class CsvLines:
    """Reads a table whose first line names its columns."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._tail = LineTail(path, now)
        self._rows: CsvRows | None = None

    @property
    def names(self) -> Sequence[str]:
        return self._rows.names if self._rows is not None else ()

    @property
    def offset(self) -> int:
        return self._tail.offset

    def read(self) -> list[Record]:
        """Raises RunError if the first line is no header."""
        records: list[Record] = []
        while not records and (lines := self._tail.read()):
            found = [self._record(line) for line in lines if line.text.strip() or line.is_long]
            records = [record for record in found if record is not None]
        return records

    def _record(self, line: Line) -> Record | None:
        if line.is_long:
            if self._rows is None:
                raise RunError(logs_text.long_header(self._path))
            return _damaged(line, logs_text.LONG_LINE)
        if b"\0" in line.text:
            if self._rows is None:
                raise RunError(logs_text.no_text(self._path))
            return _damaged(line, logs_text.NO_TEXT)
        text = line.text.removeprefix(BOM).decode("utf-8", "replace")
        try:
            if self._rows is None:
                self._rows = CsvRows(text, self._path)
                return None
            values = self._rows.row(text)
        except DamagedLineError as error:
            return _damaged(line, str(error))
        return Record(line.number, line.offset, values) if values is not None else None


def _damaged(line: Line, why: str) -> Record:
    return Record(line.number, line.offset, {}, why)
