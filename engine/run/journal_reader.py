"""Following a journal: new events, without those that a resume superseded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal_search import find_resumes, superseded
from engine.run.journal_tail import JournalTail


class JournalSlice(NamedTuple):
    """Events in the order of the journal; `from_start` says that reading has started again."""

    events: list[Event]
    from_start: bool


class JournalReader:
    """Reads a journal that grows.

    A `Resumed` supersedes training events written before it. If such events were already
    delivered when it arrives, reading starts again at the beginning of the journal, and the caller
    folds into a fresh History.
    """

    def __init__(self, path: Path) -> None:
        self._tail = JournalTail(path)
        self._resumes = find_resumes(path)
        self._met = 0
        self._from_start = False

    def batches(self) -> Iterator[JournalSlice]:
        """The new events that count, from about `PART_BYTES` of the journal at a time."""
        while new := self._tail.read():
            resumes = [event for event in new if isinstance(event, events.Resumed)]
            self._met += len(resumes)
            if self._met > len(self._resumes):
                self._resumes += resumes[len(self._resumes) - self._met :]
                self._met, self._from_start = 0, True
                self._tail = JournalTail(self._tail.path)
                continue
            if self._resumes:
                new = [event for event in new if not superseded(event, self._resumes)]
            batch, self._from_start = JournalSlice(new, self._from_start), False
            yield batch
