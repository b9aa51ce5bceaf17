"""The events of a journal after a number, for a script that polls.

A poll reads only what is new, and, after a resume, what the resume superseded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.protocol.events import Event
from engine.run.journal_order import EventOrder
from engine.run.journal_search import find_resumes, offset_after, superseded
from engine.run.journal_tail import JournalTail


class EventsSince:
    """What a script does not know that has seen all events up to the number `seq`.

    After `read`, `seq` is the number of the last event, and `superseded` has the numbers of the
    events that the script has seen and that a resume has superseded since.
    """

    def __init__(self, journal: Path, seq: int) -> None:
        self.seq = seq
        self.superseded: list[int] = []
        self._journal = journal

    def read(self) -> Iterator[Event]:
        """The new events, in order, without superseded ones. Raises JournalChangedError."""
        seen, resumes = self.seq, find_resumes(self._journal)
        before = [resume for resume in resumes if resume.seq <= seen]
        late = [resume for resume in resumes if resume.seq > seen]
        start = min((resume.from_seq for resume in late), default=seen)
        tail = JournalTail(self._journal, offset_after(self._journal, min(start, seen)))
        order = EventOrder()
        while new := tail.read():
            for event in order.rising(new):
                if event.seq <= seen:
                    if superseded(event, late) and not superseded(event, before):
                        self.superseded.append(event.seq)
                    continue
                self.seq = event.seq
                if not superseded(event, late):
                    yield event
