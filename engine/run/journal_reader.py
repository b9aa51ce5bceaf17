"""Follows a journal: yields new events, except those that a resume superseded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal_search import find_resumes, superseded
from engine.run.journal_tail import JournalTail


class JournalSlice(NamedTuple):
    """Events in the order of the journal. `from_start` says that reading has started again."""

    events: list[Event]
    from_start: bool


class JournalReader:
    """Reads a journal that grows.

    A `Resumed` supersedes training events before it. When it arrives, the reader may already have
    yielded such events. Then reading starts again at the beginning of the journal, and the caller
    must fold into a new History.
    """

    def __init__(self, path: Path) -> None:
        self._tail = JournalTail(path)
        self._resumes = find_resumes(path)
        # How many of `_resumes` the tail has passed.
        self._passed = 0
        self._from_start = False

    def slices(self) -> Iterator[JournalSlice]:
        """The new events, from about `PART_BYTES` of the journal at a time."""
        while new := self._tail.read():
            resumes = [event for event in new if isinstance(event, events.Resumed)]
            self._passed += len(resumes)
            if self._passed > len(self._resumes):
                self._resumes += resumes[len(self._resumes) - self._passed :]
                self._passed, self._from_start = 0, True
                self._tail = JournalTail(self._tail.path)
                continue
            if self._resumes:
                new = [event for event in new if not superseded(event, self._resumes)]
            found, self._from_start = JournalSlice(new, self._from_start), False
            yield found
