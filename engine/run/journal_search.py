"""Searches a journal for a few events without decoding the other lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal_tail import PART_BYTES, JournalTail, decoded

Kind = TypeVar("Kind", bound=Event)

# An excerpt decodes this much at both ends of a long journal.
HEAD_BYTES = 1 << 16
END_BYTES = 1 << 20
# The last event of each of these kinds tells the state of a run. An excerpt searches for it in
# `STATE_BYTES`, the events of some days.
STATE_KINDS = ("RunStarted", "Phase", "EpochEnded", "Steered")
STATE_BYTES = 1 << 25


def last_seq(path: Path) -> int:
    """The number of the last event in a journal, 0 if there is none."""
    return next((n for line in _lines_from_end(path) if (n := _number(line)) is not None), 0)


def last_event(path: Path) -> Event | None:
    """The last whole event of a journal, None if there is none. Raises OSError."""
    return next((e for line in _lines_from_end(path) if (e := decoded(line)) is not None), None)


class _Numbered(msgspec.Struct):
    """The only field that must be readable, even in an event from a newer version."""

    seq: int


def _number(line: bytes) -> int | None:
    try:
        return msgspec.json.decode(line, type=_Numbered).seq
    except events.UNREADABLE:
        return None


def _lines_from_end(path: Path) -> Iterator[bytes]:
    """The whole lines of a file, last first; none if there is no file."""
    try:
        file = open(path, "rb")  # noqa: SIM115 (opened here so that only its absence is caught)
    except FileNotFoundError:
        return
    with file:
        yield from _lines_backwards(file)


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines, last first. Anything after the last newline is left out."""
    position = file.seek(0, os.SEEK_END)
    tail, ended = b"", False
    while position > 0:
        start = max(0, position - PART_BYTES)
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


def excerpt(path: Path) -> list[Event]:
    """The first and last events of a journal; of those between, the last of each `STATE_KINDS`."""
    try:
        size = path.stat().st_size
    except OSError:
        return []
    end = max(0, size - END_BYTES)
    first, last = JournalTail(path), JournalTail(path, end)
    head = first.read(HEAD_BYTES)
    if not head:
        return []
    # The first line of the end is probably cut. Then it is skipped like any torn line.
    state = _state_events(path, max(first.offset, end - STATE_BYTES), end)
    later = [*state, *last.read(END_BYTES)]
    return head + [event for event in later if event.seq > head[-1].seq]


def _state_events(path: Path, start: int, end: int) -> list[Event]:
    """The last event of each kind in `STATE_KINDS` between these bytes, in order."""
    with _content(path) as content:
        positions = sorted(content.rfind(_tag(kind), start, end) for kind in STATE_KINDS)
        found = [decoded(_line_at(content, at)) for at in positions if at >= 0]
    return [event for event in found if event is not None]


def newest_first(path: Path, kind: type[Kind], before: Event | None = None) -> Iterator[Kind]:
    """The events of one kind, last first, except those that a resume superseded.

    With `before`, an event of this journal, only those that precede it.
    """
    resumes = find_resumes(path)
    found = _all_newest_first(path, kind, before)
    return (event for event in found if not superseded(event, resumes))


def find_resumes(path: Path) -> list[events.Resumed]:
    """Every `Resumed` of a journal, in order."""
    return [*_all_newest_first(path, events.Resumed)][::-1]


def _all_newest_first(path: Path, kind: type[Kind], before: Event | None = None) -> Iterator[Kind]:
    tag = _tag(kind.__name__)
    with _content(path) as content:
        at = content.rfind(tag, 0, len(content) if before is None else _start(content, before))
        while at >= 0:
            event = decoded(_line_at(content, at))
            if isinstance(event, kind):
                yield event
            at = content.rfind(tag, 0, at)


def _start(content: mmap | bytes, event: Event) -> int:
    """Where the line of this event begins; 0 if the journal does not hold it."""
    return content.rfind(b"\n", 0, max(0, content.rfind(f'"seq":{event.seq},'.encode()))) + 1


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
        with open(path, "rb") as file:
            content = mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError):  # mmap refuses an empty file
        yield b""
        return
    with content:
        yield content
