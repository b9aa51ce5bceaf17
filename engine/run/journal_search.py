"""Searching a journal for a few events without decoding the other lines."""

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

# The parts of a long journal that an excerpt decodes.
HEAD_BYTES = 1 << 16
END_BYTES = 1 << 20
# The last event of each of these kinds says how a run stands. An excerpt searches for it in this
# many bytes, the events of days.
STATE_KINDS = ("RunStarted", "Phase", "EpochEnded", "Steered")
STATE_BYTES = 1 << 25


def last_seq(path: Path) -> int:
    """The number of the last event in a journal, 0 where there is none."""
    return next((n for line in _lines_from_end(path) if (n := _number(line)) is not None), 0)


def last_event(path: Path) -> Event | None:
    """The last whole event of a journal, None where there is none. Raises OSError."""
    return next((e for line in _lines_from_end(path) if (e := decoded(line)) is not None), None)


class _Numbered(msgspec.Struct):
    """The one field that is read of any event, also of an event of a newer version."""

    seq: int


def _number(line: bytes) -> int | None:
    try:
        return msgspec.json.decode(line, type=_Numbered).seq
    except events.UNREADABLE:
        return None


def _lines_from_end(path: Path) -> Iterator[bytes]:
    """The whole lines of a file, last first; none where there is no file."""
    try:
        file = open(path, "rb")  # noqa: SIM115 (opened here so that only its absence is caught)
    except FileNotFoundError:
        return
    with file:
        yield from _lines_backwards(file)


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines, last first, without what follows the last newline."""
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
    """The first and the last events of a journal, and the `STANDING` ones from between them."""
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
    standing = _standing(path, max(first.offset, end - STATE_BYTES), end)
    later = [*standing, *last.read(END_BYTES)]
    return head + [event for event in later if event.seq > head[-1].seq]


def _standing(path: Path, start: int, end: int) -> list[Event]:
    """The last event of each kind in `STANDING` that begins between these bytes, in order."""
    with _content(path) as content:
        positions = sorted(content.rfind(_mark(kind), start, end) for kind in STATE_KINDS)
        found = [decoded(_line_at(content, at)) for at in positions if at >= 0]
    return [event for event in found if event is not None]


def newest_first(path: Path, kind: type[Kind]) -> Iterator[Kind]:
    """The events of one kind, last first, without those that a resume superseded."""
    resumes, mark = find_resumes(path), _mark(kind.__name__)
    with _content(path) as content:
        at = content.rfind(mark)
        while at >= 0:
            event = decoded(_line_at(content, at))
            if isinstance(event, kind) and not superseded(event, resumes):
                yield event
            at = content.rfind(mark, 0, at)


def superseded(event: Event, resumes: list[events.Resumed]) -> bool:
    """Whether one of these later resumes makes the event void.

    A resume voids the training events after its checkpoint's `seq`, `Checkpointed` of later steps,
    and `RunEnded`. Alerts and hardware samples stay.
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


def find_resumes(path: Path) -> list[events.Resumed]:
    """Every `Resumed` of a journal, in order."""
    mark, found = _mark("Resumed"), []
    with _content(path) as content:
        at = content.find(mark)
        while at >= 0:
            found.append(decoded(_line_at(content, at)))
            at = content.find(mark, at + 1)
    return [event for event in found if isinstance(event, events.Resumed)]


def _mark(kind: str) -> bytes:
    """The bytes that only lines of this kind contain; within a text, JSON escapes the quotes."""
    return f'"type":"{kind}"'.encode()


def _line_at(content: mmap | bytes, at: int) -> bytes:
    start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
    return content[start : end if end >= 0 else len(content)]


@contextmanager
def _content(path: Path) -> Iterator[mmap | bytes]:
    """The file mapped into memory, not read into it; empty where it cannot be mapped."""
    try:
        with open(path, "rb") as file:
            content = mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError):  # mmap refuses an empty file
        yield b""
        return
    with content:
        yield content
