"""The journal: the only record of a run. It is append-only and holds one event on each line.

One process writes it, with one `os.write` for each event. The writer never truncates. If a write is
cut short, the next write ends that line first, and readers skip the lines that they cannot decode.
Readers consume only lines that end with a newline, so they never see half an event. If the disk
refuses an event, the event waits in memory.
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

from engine import regular_files, text
from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal_search import last_seq

# The events of some hours. If more of them wait for the disk, the run ends.
MOST_WAITING_BYTES = 64 << 20


class Journal:
    """The writing end. Several threads of an engine append, hence the lock.

    `write_error` says why the last event could not be written, and what to do, else "".
    """

    def __init__(self, path: Path, clock: Callable[[], float] = wall_clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self.write_error = ""
        self.seq = last_seq(path)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        self._descriptor = regular_files.open_descriptor(path, flags)
        self._torn = is_torn(self._descriptor)

    def append(self, event: Event) -> Event:
        """Give the event its number and time, and write it after the events that wait.

        Returns the event with number and time. Raises OSError if the disk refuses it and more than
        `MOST_WAITING_BYTES` wait.
        """
        with self._lock:
            stamped = msgspec.structs.replace(event, seq=self.seq + 1, time=round(self._clock(), 3))
            line = events.encode(stamped) + b"\n"
            self._waiting.append(line)
            self._waiting_bytes += len(line)
            self.seq += 1
            try:
                self._write_waiting()
            except OSError:
                if self._waiting_bytes > MOST_WAITING_BYTES:
                    raise
        return stamped

    def _write_waiting(self) -> None:
        """Write the waiting lines, oldest first, until the disk refuses one. Raises OSError."""
        try:
            while self._waiting:
                self._write(self._waiting[0])
                self._waiting_bytes -= len(self._waiting.popleft())
            self.write_error = ""
        except OSError as error:
            self.write_error = text.refused(error)
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
            self._write_waiting()
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def is_torn(descriptor: int) -> bool:
    """Whether the last line of a file lacks its newline, since its write was cut short."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


class UnwrittenJournal(Journal):
    """Numbers events and writes none: the journal of a rank that does not lead."""

    def __init__(self, clock: Callable[[], float] = wall_clock) -> None:
        self._clock, self.seq, self.write_error = clock, 0, ""

    def append(self, event: Event) -> Event:
        self.seq += 1
        return msgspec.structs.replace(event, seq=self.seq, time=round(self._clock(), 3))

    def sync(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""
