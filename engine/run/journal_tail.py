"""Reads and decodes new events at the end of a journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from engine import regular_files
from engine.protocol import events
from engine.protocol.events import Event

# Decoding and folding this many bytes takes a few milliseconds. Then the viewer draws again.
PART_BYTES = 1 << 18
# A later read compares this much before its start with what was there.
REMEMBERED_BYTES = 1 << 12
# It looks again at this many of the newest torn lines.
REMEMBERED_LINES = 64


def decoded(line: bytes) -> Event | None:
    """The event of a line, or None if the line is torn, foreign or from a newer version."""
    try:
        return events.decode(line)
    except events.UNREADABLE:
        return None


class _Numbered(msgspec.Struct):
    """The only field that must be readable, even in an event from a newer version."""

    seq: int


def number(line: bytes) -> int | None:
    """The number of the event of a line, None if the line is torn or foreign."""
    try:
        return msgspec.json.decode(line, type=_Numbered).seq
    except events.UNREADABLE:
        return None


class JournalChangedError(Exception):
    """A part of a journal that was read is another one now."""


class _TornLine(NamedTuple):
    start: int
    size: int
    content: int
    """The hash of its bytes."""


class JournalTail:
    """Reads a journal from the point where the last read ended.

    An engine only appends, but a file may be replaced, a crash may shorten it, and a network file
    system may fill in later what first reads as zeros. The tail remembers its last bytes and the
    newest lines that it could not read, to notice this. Events of the kinds `without` may be left
    out, which saves their decoding.
    """

    def __init__(self, path: Path, offset: int = 0, without: Sequence[type[Event]] = ()) -> None:
        self.path = path
        self.offset = offset
        self._left_out = tuple(b'{"type":"%s",' % kind.__name__.encode() for kind in without)
        self._before = b""
        self._torn: deque[_TornLine] = deque(maxlen=REMEMBERED_LINES)

    def read(self, size: int = PART_BYTES) -> list[Event]:
        """The next events, from about `size` bytes; empty if there are no more.

        A journal that does not exist yet is an empty one. Raises JournalChangedError if what was
        read before is there no more, or has been filled in.
        """
        found: list[Event] = []
        while not found:
            try:
                with regular_files.open_to_read(self.path) as file:
                    chunk = self._unread(file, size)
            except OSError:  # not there yet, or unreadable at the moment
                break
            end = chunk.rfind(b"\n") + 1
            if not end and len(chunk) < size:
                break
            size = size if end else 2 * size
            found = self._decode(chunk[:end])
            self._before = (self._before + chunk[:end])[-REMEMBERED_BYTES:]
            self.offset += end
        return found

    def _unread(self, file: BinaryIO, size: int) -> bytes:
        """The next bytes. Raises JournalChangedError."""
        for torn in self._torn:
            file.seek(torn.start)
            if hash(file.read(torn.size)) != torn.content:
                raise JournalChangedError
        file.seek(self.offset - len(self._before))
        # One read gives both, so that the file cannot change between them.
        chunk = file.read(len(self._before) + size)
        if not chunk.startswith(self._before):
            raise JournalChangedError
        return chunk[len(self._before) :]

    def _decode(self, lines: bytes) -> list[Event]:
        """Decode all lines at once; if one of them fails, line by line."""
        try:
            return events.decode_lines(self._wanted(lines) if self._left_out else lines)
        except events.UNREADABLE:
            return [*self._decode_each(lines.split(b"\n"))]

    def _wanted(self, lines: bytes) -> bytes:
        """The lines without those whose kind, which stands at their beginning, is left out."""
        return b"\n".join(
            [line for line in lines.split(b"\n") if not line.startswith(self._left_out)]
        )

    def _decode_each(self, lines: list[bytes]) -> Iterator[Event]:
        start = self.offset
        for line in lines:
            event = decoded(line)
            if event is not None:
                yield event
            elif line and number(line) is None:
                self._torn.append(_TornLine(start, len(line), hash(line)))
            start += len(line) + 1
