"""The two pipes between a script and its recorder. The recorder never waits for the script."""

from __future__ import annotations

import os
import select

# Pictures and layer tables take some hundred kB.
MOST_LINE_BYTES = 16 << 20
PIECE_BYTES = 1 << 20


class ScriptPipe:
    """Reads lines from one descriptor and writes lines to another.

    `ended` says that the script has closed its end. A line that is too long is cut off, so that it
    cannot be decoded.
    """

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        # The pieces of a line whose end has not come, and whether it is too long to be kept.
        self._rest: list[bytes] = []
        self._skips = False
        self._unsent = b""
        self.ended = False
        for descriptor in (read, write):
            os.set_blocking(descriptor, False)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the script has written or ended, or this long."""
        writing = [self._write] if self._unsent else []
        select.select([] if self.ended else [self._read], writing, [], seconds)
        self._flush()

    def lines(self) -> list[bytes]:
        """The lines of the next piece, without waiting for one."""
        try:
            piece = os.read(self._read, PIECE_BYTES)
        except BlockingIOError:
            return []
        self.ended = not piece
        *ends, rest = piece.split(b"\n")
        if ends:
            ends[0] = b"".join([*self._rest, ends[0]])
            self._rest.clear()
            if self._skips:
                del ends[0]
                self._skips = False
        self._rest.append(rest)
        if sum(map(len, self._rest)) > MOST_LINE_BYTES:
            ends += [] if self._skips else [self._rest[0]]
            self._rest.clear()
            self._skips = True
        return ends

    @property
    def is_idle(self) -> bool:
        """Whether the script has taken all that was sent to it."""
        return not self._unsent

    def send(self, line: bytes) -> None:
        """Send a line as soon as the script takes it. Nothing is sent to a script that has gone."""
        self._unsent += line + b"\n"
        self._flush()

    def _flush(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._write, self._unsent) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._unsent = b""
