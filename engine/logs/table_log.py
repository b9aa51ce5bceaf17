"""Follows the log of another program that is a table: CSV, JSON lines, or a JSON text."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from engine import regular_files
from engine.errors import RunError
from engine.logs import logs_text, search_text
from engine.logs.column_names import ColumnNames
from engine.logs.columns import RESULTS
from engine.logs.frameworks import FROM_ZERO, framework
from engine.logs.json_history import JsonHistory
from engine.logs.learnt import Learnt
from engine.logs.line_records import CsvLines, JsonLines
from engine.logs.line_tail import QUIET_SECONDS
from engine.logs.log_reader import LogNews, end_of
from engine.logs.record import Record, Records, RecordsChangedError
from engine.logs.row_events import COLUMNS, RowEvents
from engine.logs.table_kinds import HEAD_BYTES, TableKind, kind_of
from engine.protocol.events import Alert, Event, Watched
from engine.text import reason

# The code of the alert about a line that cannot be read.
DAMAGED = "damaged"


class TableReader:
    """Reads the rows of a file, and makes events of them.

    A row may show that earlier ones were misunderstood, and a file may be written anew, as
    Lightning does when a metric is added. Then reading starts again at the beginning. `columns` are
    the meanings that the user gave. `clock` is in seconds, `now` in unix seconds.
    """

    def __init__(
        self,
        path: Path,
        columns: ColumnNames,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path, self._columns = path, columns
        self._clock, self._now = clock, now
        self._bytes, self.written_at = 0, 0.0
        self._learnt = self._nothing_learnt()
        self._records: Records | None = None
        self._rows: RowEvents | None = None
        # Whether the last line was damaged: of such lines in a row only the first one is told.
        self._is_damaged = False
        # Whether the next events replace those of before.
        self._is_anew = False
        self._kind: TableKind = "CSV"

    @property
    def label(self) -> str:
        return end_of(self._path)

    @property
    def read_share(self) -> float:
        offset = self._records.offset if self._records is not None else 0
        return min(1.0, offset / self._bytes) if self._bytes else 1.0

    def read(self, seconds: float) -> LogNews:
        """Raises RunError if the file cannot be read, is no table, or has no numbers."""
        deadline = self._clock() + seconds
        events: list[Event] = []
        while part := self._next_part():
            events += self._events(part)
            if self._rows is not None and self._rows.outdated:
                self._begin_again()
                events = []
            elif self._clock() >= deadline:
                return self._news(events, more=True)
        self._check_for_numbers()
        return self._news(events)

    def _news(self, events: list[Event], more: bool = False) -> LogNews:
        anew, self._is_anew = self._is_anew and bool(events), self._is_anew and not events
        return LogNews(events, anew, more)

    def _nothing_learnt(self) -> Learnt:
        return Learnt(named=self._columns, restarts=[])

    def _begin_again(self) -> None:
        self._records = self._rows = None
        self._is_damaged, self._is_anew = False, True

    def _next_part(self) -> list[Record]:
        """The next rows. A file that is gone may be just about to be replaced."""
        try:
            if self._records is None:
                self._records = self._opened()
            status = self._path.stat()
            self._bytes, self.written_at = status.st_size, status.st_mtime
            return self._records.read() if self._records is not None else []
        except RecordsChangedError:
            self._learnt = self._nothing_learnt()
            self._begin_again()
            return self._next_part()
        except OSError as error:
            if self._bytes:
                return []
            raise RunError(search_text.unreadable(self._path, reason(error))) from error

    def _opened(self) -> Records | None:
        """The rows of the file; None while its kind cannot be told."""
        with regular_files.open_to_read(self._path) as file:
            head = file.read(HEAD_BYTES)
            written_at = os.fstat(file.fileno()).st_mtime
        is_cut = b"\n" not in head and len(head) < HEAD_BYTES
        if not head or (is_cut and self._now() - written_at < QUIET_SECONDS):
            return None
        self._kind = kind_of(head)
        match self._kind:
            case "CSV":
                return CsvLines(self._path, self._now)
            case "JSON lines":
                return JsonLines(self._path, self._now)
            case "JSON":
                return JsonHistory(self._path, self._now)

    def _events(self, part: list[Record]) -> list[Event]:
        events: list[Event] = []
        if self._rows is None:
            assert self._records is not None
            self._rows = self._new_rows(self._records.names or [*part[0].values])
        for record in part:
            if not record.damage:
                had_started = self._rows.has_started
                events += self._rows.add(None, self.written_at, record.values)
                if self._rows.has_started and not had_started:
                    events += self._named_by_nobody(self._rows)
            elif not self._is_damaged:
                events += self._rows.started(self.written_at)
                events.append(self._damage(record))
            self._is_damaged = bool(record.damage)
        return events

    def _new_rows(self, names: Sequence[str]) -> RowEvents:
        missing = [name for name in self._columns if name not in names]
        if missing and self._kind == "CSV":
            raise RunError(logs_text.no_such_column(missing[0], names, self._path))
        watched = Watched(
            program=self.label, framework=framework(names, self._path), log=self._kind
        )
        if watched.framework in FROM_ZERO:
            self._learnt.epochs_from_zero = self._learnt.steps_from_zero = True
        rows = RowEvents(watched, self._learnt)
        rows.meet(names)
        return rows

    def _named_by_nobody(self, rows: RowEvents) -> Iterator[Event]:
        """Where no column is known as a loss or an accuracy, the user may say which one is."""
        meanings = {role.meaning for role in rows.learnt.names.values()}
        if self._kind == "CSV" and meanings.isdisjoint(RESULTS):
            yield self._alert("warning", COLUMNS, logs_text.NO_RESULT_KNOWN)

    def _damage(self, record: Record) -> Alert:
        text = logs_text.damaged_line(self._path, record.number, record.offset, record.damage)
        return self._alert("warning", DAMAGED, text)

    def _alert(self, level: Literal["info", "warning"], code: str, text: str) -> Alert:
        return Alert(level=level, code=code, text=text, time=self.written_at)

    def _check_for_numbers(self) -> None:
        if self._kind == "CSV" and self._rows is not None and not self._rows.has_started:
            raise RunError(logs_text.no_numbers(self._path))
