"""Prints lines in a thread, so that a reader that stalls stops neither the training nor signals."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections import deque
from typing import TextIO

from engine.process import process_text

# The newest lines, which wait for the reader: those of an hour.
MOST_WAITING = 1000
# At the end, the reader has so long to take what waits.
SECONDS = 5.0


class LinePrinter(threading.Thread):
    """Prints whole lines in order; `print` never waits.

    If more than MOST_WAITING lines wait, the oldest are dropped, and a line says how many. A reader
    that is gone ends the thread.
    """

    def __init__(self, out: TextIO) -> None:
        super().__init__(daemon=True, name="lines")
        self._out = out
        self._waiting: deque[str] = deque()
        self._dropped = 0
        self._over = False
        self._changed = threading.Condition()

    def print(self, line: str) -> None:
        with self._changed:
            self._waiting.append(line)
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
                self._dropped += 1
            self._changed.notify()

    def finish(self) -> None:
        """Print what waits, and end; give up on a reader that does not take it within SECONDS."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self.join(SECONDS)

    def run(self) -> None:
        with contextlib.suppress(OSError):  # nobody reads the lines any more
            while (line := self._next()) is not None:
                self._write(f"{line}\n".encode(self._out.encoding, self._out.errors or "strict"))

    def _next(self) -> str | None:
        """The next line; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._over)
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                return process_text.lines_dropped(dropped)
            return self._waiting.popleft() if self._waiting else None

    def _write(self, line: bytes) -> None:
        """Write all of it. Another program may have left the pipe in non-blocking mode."""
        while line:
            try:
                line = line[os.write(self._out.fileno(), line) :]
            except BlockingIOError:
                select.select([], [self._out], [])


def say(line: str, out: TextIO) -> None:
    """Print one line; give up on a reader that takes nothing."""
    printer = LinePrinter(out)
    printer.start()
    printer.print(line)
    printer.finish()
