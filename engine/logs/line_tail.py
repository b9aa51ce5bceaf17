"""Reads a text line by line while another program writes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from engine import regular_files
from engine.logs.record import RecordsChangedError

# Reading rows from this many bytes takes some milliseconds.
PART_BYTES = 1 << 16
# A later read compares the first bytes, and those before its start, with what was there.
REMEMBERED_BYTES = 1 << 12
# No row of a log is longer.
LONGEST_LINE = 1 << 20
# A last line without an end is whole if the file has not grown for this long.
QUIET_SECONDS = 2.0


class Line(NamedTuple):
    """A line without its end; `number` counts from 1, and `offset` is its first byte.

    A line that `is_long` has no text.
    """

    number: int
    offset: int
    text: bytes
    is_long: bool = False


class LineTail:
    """Yields the lines of a file, each once it has ended.

    A file of which nothing is left is one that is being written anew: that is no change yet.
    `now` is the clock of the file system, in unix seconds.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.offset = 0
        self._path, self._now = path, now
        self._lines = 0
        self._first = self._before = b""
        # The last line, which was given though it has no end.
        self._loose = b""
        self._is_in_long_line = False

    def read(self) -> list[Line]:
        """The next lines, from about `PART_BYTES`. Raises RecordsChangedError and OSError."""
        size = PART_BYTES
        with regular_files.open_to_read(self._path) as file:
            status = os.fstat(file.fileno())
            if not status.st_size:
                return []
            while True:
                chunk = self._unread(file, size)
                end = chunk.rfind(b"\n") + 1
                if end or len(chunk) < size or size > LONGEST_LINE:
                    break
                size *= 2
        if end or len(chunk) > LONGEST_LINE:
            return self._whole_lines(chunk, end or len(chunk))
        return self._loose_line(chunk, status.st_mtime)

    def _unread(self, file: BinaryIO, size: int) -> bytes:
        if file.read(len(self._first)) != self._first:
            raise RecordsChangedError
        file.seek(self.offset - len(self._before))
        chunk = file.read(len(self._before) + size)
        if not chunk.startswith(self._before):
            raise RecordsChangedError
        file.seek(0)
        unread = chunk[len(self._before) :]
        if self._loose and unread != self._loose:
            raise RecordsChangedError
        return unread

    def _whole_lines(self, chunk: bytes, end: int) -> list[Line]:
        lines = [*self._cut(chunk[:end])]
        self._advance(chunk[:end])
        return lines

    def _cut(self, text: bytes) -> Iterator[Line]:
        start = self.offset
        for line in text.split(b"\n")[: -1 if text.endswith(b"\n") else None]:
            has_end = start + len(line) - self.offset < len(text)
            if self._is_in_long_line:
                self._is_in_long_line = not has_end
            else:
                self._lines += 1
                self._is_in_long_line = not has_end
                is_long = len(line) > LONGEST_LINE
                yield Line(self._lines, start, b"" if is_long else line.rstrip(b"\r"), is_long)
            start += len(line) + 1

    def _advance(self, text: bytes) -> None:
        if len(self._first) < REMEMBERED_BYTES:
            self._first = (self._first + text)[:REMEMBERED_BYTES]
        self._before = (self._before + text)[-REMEMBERED_BYTES:]
        self.offset += len(text)

    def _loose_line(self, chunk: bytes, written_at: float) -> list[Line]:
        is_new = chunk and not self._loose and not self._is_in_long_line
        if not is_new or self._now() - written_at < QUIET_SECONDS:
            return []
        self._loose = chunk
        return [Line(self._lines + 1, self.offset, chunk.rstrip(b"\r"))]
