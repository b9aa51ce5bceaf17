"""Follows a journal: yields new events, except those that a resume superseded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal_order import EventOrder
from engine.run.journal_search import find_resumes, superseded
from engine.run.journal_tail import JournalChangedError, JournalTail


class JournalSlice(NamedTuple):
    """Events in the order of the journal. `from_start` says that reading has started again."""

    events: list[Event]
    from_start: bool


class JournalReader:
    """Reads a journal that grows.

    A `Resumed` supersedes training events before it. When it arrives, the reader may already have
    yielded such events. It may also have yielded events of lines that have changed since. Then
    reading starts again at the beginning of the journal, and the caller must fold into a new
    History. Events of the kinds `without` may be left out, which saves their decoding.
    """

    def __init__(self, path: Path, without: Sequence[type[Event]] = ()) -> None:
        self._path, self._without = path, without
        self._begin(find_resumes(path))
        self._from_start = False

    def _begin(self, resumes: list[events.Resumed]) -> None:
        self._tail, self._order = JournalTail(self._path, without=self._without), EventOrder()
        self._resumes, self._from_start = resumes, True

    @property
    def offset(self) -> int:
        """The number of bytes that were read."""
        return self._tail.offset

    def slices(self) -> Iterator[JournalSlice]:
        """The new events, from about `PART_BYTES` of the journal at a time."""
        while True:
            try:
                new = self._tail.read()
            except JournalChangedError:
                self._begin(find_resumes(self._path))
                continue
            late = [e for e in new if isinstance(e, events.Resumed) and e not in self._resumes]
            if late:
                self._begin(self._resumes + late)
                continue
            if not (new or self._from_start):
                return
            found = list(self._order.rising(new))
            if self._resumes:
                found = [event for event in found if not superseded(event, self._resumes)]
            from_start, self._from_start = self._from_start, False
            yield JournalSlice(found, from_start)
