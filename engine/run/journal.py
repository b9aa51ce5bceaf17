"""The journal: append-only, one event a line, the only history of a run.

One process writes it, with one `os.write` an event. The writer never truncates: after a write that
was cut short it first ends that line, and readers skip the lines that they cannot decode. Readers
consume only lines that end with a newline, so they never see half an event. Events that the disk
does not take wait in memory until it does.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import time as wall_clock

import msgspec

from engine import text
from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal_search import last_seq

# The events of some hours. A run whose disk takes nothing for longer ends.
MOST_HELD_BYTES = 64 << 20


class Journal:
    """The writing end. Several threads of an engine append, hence the lock.

    `refused` is why the disk did not take the last event, in the system's words; "" if it did.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = wall_clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self.refused = ""
        self.seq = last_seq(path)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        size = os.fstat(self._descriptor).st_size
        self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"

    def append(self, event: Event) -> Event:
        """Stamp the event with its number and time and write it after all that is held.

        Returns the stamped event. Raises OSError where the disk takes nothing and memory already
        holds `MOST_HELD_BYTES`.
        """
        with self._lock:
            stamped = msgspec.structs.replace(event, seq=self.seq + 1, time=self._clock())
            self._hold(events.encode(stamped) + b"\n")
            self.seq += 1
            try:
                self._write_held()
            except OSError:
                if self._held_bytes > MOST_HELD_BYTES:
                    raise
        return stamped

    def _hold(self, line: bytes) -> None:
        self._held.append(line)
        self._held_bytes += len(line)

    def _write_held(self) -> None:
        """Write the held lines, oldest first, as far as the disk takes them. Raises OSError."""
        try:
            while self._held:
                self._write(self._held[0])
                self._held_bytes -= len(self._held.popleft())
            self.refused = ""
        except OSError as error:
            self.refused = text.reason(error)
            raise

    def _write(self, line: bytes) -> None:
        data = b"\n" + line if self._torn else line
        self._torn = True
        self._torn = os.write(self._descriptor, data) != len(data)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(self) -> None:
        """Make every appended event survive a power cut. Raises OSError."""
        with self._lock:
            self._write_held()
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)
