"""Reads and decodes new events at the end of a journal."""

from __future__ import annotations

from pathlib import Path

from engine.protocol import events
from engine.protocol.events import Event

# Decoding and folding this many bytes takes a few milliseconds. Then the viewer draws again.
PART_BYTES = 1 << 18


def decoded(line: bytes) -> Event | None:
    """The event of a line, or None if the line is torn, foreign or from a newer version."""
    try:
        return events.decode(line)
    except events.UNREADABLE:
        return None


class JournalTail:
    """Reads a journal from the point where the last read ended."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset

    def read(self, size: int = PART_BYTES) -> list[Event]:
        """The next events, from about `size` bytes; empty if there are no more.

        A journal that does not exist yet is an empty one.
        """
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                chunk = file.read(size)
        except OSError:  # not there yet, or unreadable at the moment
            return []
        end = chunk.rfind(b"\n") + 1
        if not end and len(chunk) == size:
            return self.read(2 * size)
        self.offset += end
        return _decode(chunk[:end]) or (self.read(size) if end else [])


def _decode(lines: bytes) -> list[Event]:
    """Decode all lines at once; if one of them fails, line by line."""
    try:
        return events.decode_lines(lines)
    except events.UNREADABLE:
        found = (decoded(line) for line in lines.splitlines())
        return [event for event in found if event is not None]
