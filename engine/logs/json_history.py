"""The rows of one JSON text that is written anew as a whole, as `trainer_state.json` is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine import regular_files
from engine.errors import RunError
from engine.logs import json_rows, logs_text
from engine.logs.damaged_line import DamagedLineError
from engine.logs.line_tail import QUIET_SECONDS
from engine.logs.record import Record, RecordsChangedError

# A history of a million rows takes about this much.
MOST_BYTES = 1 << 27


class JsonHistory:
    """Reads the longest list of objects in a JSON text, once it is whole."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.names: Sequence[str] = ()
        self.offset = 0
        self._path, self._now = path, now
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> list[Record]:
        """All rows at once. Raises RunError if the text is too large or holds no rows."""
        with regular_files.open_to_read(self._path) as file:
            status = os.fstat(file.fileno())
            seen = (status.st_ino, status.st_size, status.st_mtime_ns)
            if seen == self._seen:
                return []
            if self._seen is not None:
                raise RecordsChangedError
            if status.st_size > MOST_BYTES:
                raise RunError(logs_text.too_large(self._path, MOST_BYTES))
            text = file.read()
        try:
            found = json_rows.decode(text)
        except DamagedLineError as error:
            if self._now() - status.st_mtime < QUIET_SECONDS:
                return []  # it is being written
            raise RunError(logs_text.bad_json(self._path, str(error))) from error
        self._seen, self.offset = seen, len(text)
        rows = json_rows.history(found)
        if rows is None:
            raise RunError(logs_text.no_rows(self._path))
        return [Record(i, 0, json_rows.numbers(row)) for i, row in enumerate(rows, start=1)]
