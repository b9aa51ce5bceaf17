"""Searches a journal for a few events without decoding the other lines."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO, TypeVar

from engine import regular_files
from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal_order import EventOrder
from engine.run.journal_tail import PART_BYTES, JournalTail, decoded, number

Kind = TypeVar("Kind", bound=Event)

# An excerpt decodes this much at both ends of a long journal.
HEAD_BYTES = 1 << 16
END_BYTES = 1 << 20
# The last event of each of these kinds gives the state of a run. An excerpt searches for it in
# `STATE_BYTES`, the events of some days.
STATE_KINDS = (events.RunStarted, events.Phase, events.EpochEnded, events.Steered)
STATE_BYTES = 1 << 25


def last_seq(path: Path) -> int:
    """The number of the last event in a journal, 0 if there is none.

    It may be an event whose newline is missing: the next writer ends that line.
    """
    return next((n for line in _lines_from_end(path) if (n := number(line)) is not None), 0)


def last_event(path: Path) -> Event | None:
    """The last whole event of a journal, None if there is none. Raises OSError."""
    whole = itertools.islice(_lines_from_end(path), 1, None)
    return next((e for line in whole if (e := decoded(line)) is not None), None)


def _lines_from_end(path: Path) -> Iterator[bytes]:
    """The lines of a file, last first: first what follows the last newline; none without a file."""
    try:
        file = regular_files.open_to_read(path)  # here, so that only its absence is caught
    except FileNotFoundError:
        return
    with file:
        yield from _lines_backwards(file)


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    position = file.seek(0, os.SEEK_END)
    tail = b""
    while position > 0:
        start = max(0, position - PART_BYTES)
        file.seek(start)
        tail = file.read(position - start) + tail
        position = start
        tail, *lines = tail.split(b"\n")
        yield from reversed(lines)
    yield tail


def excerpt(path: Path) -> list[Event]:
    """The first and last events of a journal; of those between, the last of each `STATE_KINDS`.

    Leaves out events that a resume superseded, as far as the resume is near the end too.
    """
    try:
        size = path.stat().st_size
    except OSError:
        return []
    end = max(0, size - END_BYTES)
    resumes = [*_newest_between(path, events.Resumed, end - STATE_BYTES)][::-1]
    first = JournalTail(path)
    head = first.read(HEAD_BYTES)
    state = _state_events(path, resumes, max(first.offset, end - STATE_BYTES), end)
    # The first line of the end is probably cut. Then it is skipped like any torn line.
    last = JournalTail(path, max(first.offset, end)).read(END_BYTES)
    found = [*head, *state, *last]
    return [e for e in EventOrder().rising(found) if not superseded(e, resumes)]


def _state_events(path: Path, resumes: list[events.Resumed], start: int, end: int) -> list[Event]:
    """The last event of each kind in `STATE_KINDS` between these bytes, in order.

    Leaves out superseded events.
    """
    newest = (_newest_between(path, kind, start, end) for kind in STATE_KINDS)
    kept = (next((e for e in found if not superseded(e, resumes)), None) for found in newest)
    return sorted((e for e in kept if e is not None), key=lambda event: event.seq)


def newest_first(path: Path, kind: type[Kind], before: Event | None = None) -> Iterator[Kind]:
    """The events of one kind, last first, except those that a resume superseded.

    With `before`, an event of this journal, only those that precede it.
    """
    resumes = find_resumes(path)
    end = sys.maxsize if before is None else _start(path, before)
    found = _newest_between(path, kind, end=end)
    return (event for event in found if not superseded(event, resumes))


def newest_near_end(path: Path, kind: type[Kind], size: int) -> list[Kind]:
    """The events of one kind in the last `size` bytes, in order, except superseded ones.

    What supersedes an event follows it, so that nothing before these bytes is read.
    """
    try:
        start = path.stat().st_size - size
    except OSError:
        return []
    resumes = [*_newest_between(path, events.Resumed, start)]
    found = [*_newest_between(path, kind, start)][::-1]
    return [event for event in found if not superseded(event, resumes)]


def find_resumes(path: Path) -> list[events.Resumed]:
    """Every `Resumed` of a journal, in order."""
    return [*_newest_between(path, events.Resumed)][::-1]


def oldest_first(path: Path, kind: type[Kind], after: Event) -> Iterator[Kind]:
    """The events of one kind that follow an event of this journal, except superseded ones."""
    resumes, tag = find_resumes(path), _tag(kind.__name__)
    start = _start(path, after)
    with _content(path) as content:
        at = content.find(tag, start) if start else -1
        while at >= 0:
            event = decoded(_line_at(content, at))
            if isinstance(event, kind) and not superseded(event, resumes):
                yield event
            at = content.find(tag, at + 1)


def _newest_between(
    path: Path, kind: type[Kind], start: int = 0, end: int = sys.maxsize
) -> Iterator[Kind]:
    """The events of one kind whose lines begin between these bytes, last first."""
    tag = _tag(kind.__name__)
    with _content(path) as content:
        at = content.rfind(tag, max(0, start), end)
        while at >= 0:
            event = decoded(_line_at(content, at))
            if isinstance(event, kind):
                yield event
            at = content.rfind(tag, max(0, start), at)


def _start(path: Path, event: Event) -> int:
    """Where the line of this event begins; 0 if the journal does not hold it."""
    with _content(path) as content:
        number = content.rfind(f'"seq":{event.seq},'.encode())
        return content.rfind(b"\n", 0, max(0, number)) + 1


def offset_after(path: Path, seq: int) -> int:
    """Where the first line begins whose event has a larger number; numbers rise with the lines."""
    with _content(path) as content:
        low, high = 0, len(content)
        while low < high:
            start = content.rfind(b"\n", 0, (low + high) // 2) + 1
            end, found = _numbered(content, start, high)
            if found is not None and found <= seq:
                low = end
            else:
                high = start
        return low


def _numbered(content: mmap | bytes, start: int, stop: int) -> tuple[int, int | None]:
    """Where the first line ends from here on that has a number, and that number.

    None if no line before `stop` has one.
    """
    while start < stop:
        end = content.find(b"\n", start) + 1 or len(content)
        if (found := number(content[start:end])) is not None:
            return end, found
        start = end
    return stop, None


def superseded(event: Event, resumes: list[events.Resumed]) -> bool:
    """Whether one of these resumes comes later and supersedes the event.

    A resume supersedes the training events after its checkpoint's `seq`, each `Checkpointed` of a
    later step, and `RunEnded`. Alerts and hardware samples stay.
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


def _tag(kind: str) -> bytes:
    """The bytes that only lines of this kind contain. Inside a string, JSON escapes the quotes."""
    return f'"type":"{kind}"'.encode()


def _line_at(content: mmap | bytes, at: int) -> bytes:
    start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
    return content[start : end if end >= 0 else len(content)]


@contextmanager
def _content(path: Path) -> Iterator[mmap | bytes]:
    """The file as a memory map; empty if it cannot be mapped."""
    try:
        with regular_files.open_to_read(path) as file:
            content = mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError):  # mmap refuses an empty file
        yield b""
        return
    with content:
        yield content
