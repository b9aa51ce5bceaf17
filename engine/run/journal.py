"""The journal: append-only, one event a line, the only history there is.

One writer, one `os.write` an event. The writer never truncates: where the last write was cut
short it first ends that line, and readers skip what does not decode. Readers take only lines
that are ended by a newline, so they never see half an event. What the disk does not take is held
in memory until it does.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from time import time as wall_clock
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec

from engine import text
from engine.protocol import events
from engine.protocol.events import Event

Kind = TypeVar("Kind", bound=Event)

CHUNK = 1 << 20
# So much is decoded and folded in some milliseconds; a reader may do something else then.
PART = 1 << 18
GLIMPSE = 1 << 16
# Of these the last one counts for what a run is now; it is looked for among the events of days.
STANDING = ("RunStarted", "Phase", "EpochEnded", "Steered")
DAYS_BYTES = 1 << 25
# Some hours of events. A run whose disk takes nothing for longer ends.
MOST_HELD = 64 << 20


class Journal:
    """The writing end. Several threads of an engine append, hence the lock.

    `refused` is why the disk did not take the last event, in the system's words, else nothing.
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
        """Stamp the event with its number and time and write it, after all that is held.

        Raises OSError where the disk takes nothing and memory should hold no more.
        """
        with self._lock:
            stamped = msgspec.structs.replace(event, seq=self.seq + 1, time=self._clock())
            self._hold(events.encode(stamped) + b"\n")
            self.seq += 1
            try:
                self._write_held()
            except OSError:
                if self._held_bytes > MOST_HELD:
                    raise
        return stamped

    def _hold(self, line: bytes) -> None:
        self._held.append(line)
        self._held_bytes += len(line)

    def _write_held(self) -> None:
        """Write what is held, oldest first, as far as the disk takes it. Raises OSError."""
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
        """Make all that was appended survive a power cut. Raises OSError."""
        with self._lock:
            self._write_held()
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def last_seq(path: Path) -> int:
    """The number of the last event in a journal, 0 where there is none."""
    return next((n for line in _backwards(path) if (n := _number(line)) is not None), 0)


def last_event(path: Path) -> Event | None:
    """The last whole event of a journal, None where there is none. Raises OSError."""
    return next((e for line in _backwards(path) if (e := _decode(line)) is not None), None)


class _Numbered(msgspec.Struct):
    """All that must be read of an event of a newer version, to count on after it."""

    seq: int


def _number(line: bytes) -> int | None:
    try:
        return msgspec.json.decode(line, type=_Numbered).seq
    except events.UNREADABLE:
        return None


def _backwards(path: Path) -> Iterator[bytes]:
    """The whole lines of a file, last first; none where there is no file."""
    try:
        file = open(path, "rb")  # noqa: SIM115 (opened here so that only its absence is caught)
    except FileNotFoundError:
        return
    with file:
        yield from _lines_backwards(file)


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines, last first; what follows the last newline is left out."""
    position = file.seek(0, os.SEEK_END)
    tail, ended = b"", False
    while position > 0:
        start = max(0, position - PART)
        file.seek(start)
        tail = file.read(position - start) + tail
        position = start
        lines = tail.split(b"\n")
        tail = lines[0]
        if len(lines) > 1:
            if not ended:
                lines.pop()
                ended = True
            yield from reversed(lines[1:])
    if ended:
        yield tail


def _decode(line: bytes) -> Event | None:
    try:
        return events.decode(line)
    except events.UNREADABLE:
        return None


class Tail:
    """The reading end: what is new since the last look, decoded line by line.

    `skipped` counts lines that no event could be made of: torn, foreign or of a newer version.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.skipped = 0

    def read(self, size: int = PART) -> list[Event]:
        """The next events, from about so many bytes; empty when there are no more.

        A journal that does not exist yet is an empty one.
        """
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                chunk = file.read(size)
        except OSError:  # not there yet, or not to be read just now
            return []
        end = chunk.rfind(b"\n") + 1
        if not end and len(chunk) == size:
            return self.read(2 * size)
        self.offset += end
        return self._decoded(chunk[:end]) or (self.read(size) if end else [])

    def _decoded(self, lines: bytes) -> list[Event]:
        """All lines at once where every one is sound, else line by line."""
        try:
            return events.decode_lines(lines)
        except events.UNREADABLE:
            return [event for line in lines.splitlines() if (event := self._take(line))]

    def _take(self, line: bytes) -> Event | None:
        if not line:
            return None
        event = _decode(line)
        self.skipped += event is None
        return event


class JournalSlice(NamedTuple):
    """Events in the order of the journal; `anew` says that they begin at its start again."""

    events: list[Event]
    anew: bool


class Reader:
    """A tail that leaves out what a resume has superseded.

    A `Resumed` takes back training events that were written before it. When one arrives whose
    victims were already delivered, reading begins again from the start of the journal: the
    caller then folds into a fresh History.
    """

    def __init__(self, path: Path) -> None:
        self._tail = Tail(path)
        self._resumes = _resumes(path)
        self._met = 0
        self._anew = False

    def batches(self) -> Iterator[JournalSlice]:
        """What is new and still counts, about `PART` bytes of the journal at a time."""
        while new := self._tail.read():
            resumes = [event for event in new if isinstance(event, events.Resumed)]
            self._met += len(resumes)
            if self._met > len(self._resumes):
                self._resumes += resumes[len(self._resumes) - self._met :]
                self._met, self._anew = 0, True
                self._tail = Tail(self._tail.path)
                continue
            if self._resumes:
                new = [event for event in new if not superseded(event, self._resumes)]
            batch, self._anew = JournalSlice(new, self._anew), False
            yield batch


def glimpse(path: Path) -> list[Event]:
    """The first and the last events of a long journal, and what stands from between them."""
    try:
        size = path.stat().st_size
    except OSError:
        return []
    end = max(0, size - CHUNK)
    first, last = Tail(path), Tail(path, end)
    head = first.read(GLIMPSE)
    if not head:
        return []
    # The first line of the end is most likely cut, and then skipped as any torn one.
    standing = _standing(path, max(first.offset, end - DAYS_BYTES), end)
    later = [*standing, *last.read(CHUNK)]
    return head + [event for event in later if event.seq > head[-1].seq]


def _standing(path: Path, start: int, end: int) -> list[Event]:
    """The last event of each kind in `STANDING` that begins between these bytes, in order."""
    with _content(path) as content:
        places = sorted(content.rfind(_mark(kind), start, end) for kind in STANDING)
        found = [_decode(_line_at(content, at)) for at in places if at >= 0]
    return [event for event in found if event is not None]


def latest(path: Path, kind: type[Kind]) -> Iterator[Kind]:
    """The events of a kind that no resume took back, last first, however long ago they were."""
    resumes, mark = _resumes(path), _mark(kind.__name__)
    with _content(path) as content:
        at = content.rfind(mark)
        while at >= 0:
            event = _decode(_line_at(content, at))
            if isinstance(event, kind) and not superseded(event, resumes):
                yield event
            at = content.rfind(mark, 0, at)


def superseded(event: Event, resumes: list[events.Resumed]) -> bool:
    """Whether a resume took this event back (see the design of the journal).

    Training events after the checkpoint's `seq`, `Checkpointed` of later steps and `RunEnded`
    do not count any more; alerts and hardware stay.
    """
    for resume in resumes:
        if event.seq >= resume.seq:
            continue
        if isinstance(event, events.TRAINING) and event.seq > resume.from_seq:
            return True
        if isinstance(event, events.Checkpointed) and event.step > resume.step:
            return True
        if isinstance(event, events.RunEnded):
            return True
    return False


def _resumes(path: Path) -> list[events.Resumed]:
    """Every `Resumed` of a journal, found without decoding the other lines."""
    mark, found = _mark("Resumed"), []
    with _content(path) as content:
        at = content.find(mark)
        while at >= 0:
            found.append(_decode(_line_at(content, at)))
            at = content.find(mark, at + 1)
    return [event for event in found if isinstance(event, events.Resumed)]


def _mark(kind: str) -> bytes:
    """What stands in each line of this kind and in no other: a quote within a text is escaped."""
    return f'"type":"{kind}"'.encode()


def _line_at(content: mmap | bytes, at: int) -> bytes:
    start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
    return content[start : end if end >= 0 else len(content)]


@contextmanager
def _content(path: Path) -> Iterator[mmap | bytes]:
    """All of a file, to be searched without being read into memory; nothing where it cannot be."""
    try:
        with open(path, "rb") as file:
            content = mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError):  # mmap refuses an empty file
        yield b""
        return
    with content:
        yield content
