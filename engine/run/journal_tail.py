"""New events at the end of a journal, decoded line by line."""

from __future__ import annotations

from pathlib import Path

from engine.protocol import events
from engine.protocol.events import Event

# Decoding and folding this many bytes takes a few milliseconds; then a reader can do other work.
PART_BYTES = 1 << 18


def decoded(line: bytes) -> Event | None:
    """The event of a line, or None where the line is torn, foreign or of a newer version."""
    try:
        return events.decode(line)
    except events.UNREADABLE:
        return None


class JournalTail:
    """Reads on from where the last read ended.

    `skipped` counts the lines that could not be decoded.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.skipped = 0

    def read(self, size: int = PART_BYTES) -> list[Event]:
        """The next events, from about this many bytes; empty when there are no more.

        A journal that does not exist yet reads as an empty one.
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
        return self._decode(chunk[:end]) or (self.read(size) if end else [])

    def _decode(self, lines: bytes) -> list[Event]:
        """All lines at once where all can be decoded, else line by line."""
        try:
            return events.decode_lines(lines)
        except events.UNREADABLE:
            found = [decoded(line) for line in lines.splitlines() if line]
            kept = [event for event in found if event is not None]
            self.skipped += len(found) - len(kept)
            return kept
