"""Opens a log with the reader for its kind."""

from __future__ import annotations

from engine.logs.column_names import ColumnNames
from engine.logs.log_reader import LogReader
from engine.logs.log_search import FoundLog


def reader_of(log: FoundLog, columns: ColumnNames) -> LogReader:
    """`columns` says what columns of a table mean that no program is known for."""
    if log.kind == "tensorboard":
        from engine.logs.event_files import EventFileReader

        return EventFileReader(log.path)
    from engine.logs.table_log import TableReader

    return TableReader(log.path, columns)
