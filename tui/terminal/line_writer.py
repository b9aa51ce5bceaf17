"""Writes to the terminal in a thread, so that a line that stalls stops nothing else."""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread

# A full screen of coloured pictures has about 100 kB.
MOST_WAITING = 256 * 1024
PIECE = 4096
# A line that takes nothing for so long is given up.
SECONDS = 0.8


class LineWriter(Thread):
    """Writes text in order; `write` never waits, not even on a line that stalls.

    Text is dropped while more than MOST_WAITING bytes wait. `dropped` says so until the line has
    taken all of them; then `redraw` is called, which has to draw the whole screen anew.
    Nothing is written before the writer `after` has ended: it may still wait for the same line.
    """

    def __init__(
        self, descriptor: int, redraw: Callable[[], None], after: Thread | None = None
    ) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._descriptor, self._redraw, self._after = descriptor, redraw, after
        # Its `put` may interrupt itself: a signal handler writes, too.
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._given = self._taken = 0
        self._last: bytes | None = None
        self.dropped = False

    @property
    def waiting(self) -> int:
        """The bytes that the line has not taken yet."""
        return self._given - self._taken

    def write(self, text: str) -> None:
        if self._last is not None or self.dropped:
            return
        data = text.encode(errors="replace")
        if self.waiting > MOST_WAITING:
            self.dropped = True
            data = b""  # wakes the thread even if the line has taken everything meanwhile
        self._given += len(data)
        self._queue.put(data)

    def finish(self, text: str) -> bool:
        """Write only this text and end; whether the line took it within SECONDS."""
        self._last = text.encode(errors="replace")
        self._queue.put(None)
        self.join(SECONDS)
        return not self.is_alive()

    def run(self) -> None:
        if self._after is not None:
            self._after.join()
            self._after = None
        with contextlib.suppress(OSError):  # the terminal is gone
            while (data := self._queue.get()) is not None:
                self._send(data)
                self._taken += len(data)
                if self.dropped and self._queue.empty():
                    self.dropped = False
                    self._redraw()
            self._send_piece(self._last or b"")

    def _send(self, data: bytes) -> None:
        for piece in pieces(data):
            if self._last is not None:
                return
            self._send_piece(piece)

    def _send_piece(self, piece: bytes) -> None:
        """Write all of it. Another program may have left the terminal in non-blocking mode."""
        while piece:
            try:
                piece = piece[os.write(self._descriptor, piece) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])


def pieces(data: bytes) -> Iterator[bytes]:
    """The data in parts of at most PIECE bytes, divided before an escape sequence if possible."""
    start = 0
    while start < len(data):
        end = start + PIECE
        if end < len(data):
            escape = data.rfind(b"\x1b", start + 1, end + 1)
            end = escape if escape > 0 else end
        yield data[start:end]
        start = end


def line_of(text: str) -> str:
    """The text as a line; empty if there is no text."""
    return f"{text}\n" if text else ""


def say(text: str) -> None:
    """Print a line on standard output, which may be a terminal that has stalled."""
    writer = LineWriter(1, lambda: None)
    writer.start()
    writer.finish(line_of(text))
