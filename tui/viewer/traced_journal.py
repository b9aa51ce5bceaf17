"""Folds a journal into points, and leaves out what is not compared."""

from __future__ import annotations

import time

from engine.protocol.events import EpochEnded, Event, RunStarted
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import HEAD_BYTES, newest_near_end
from engine.run.journal_tail import JournalTail
from tui.viewer.journal_folding import (
    LONG,
    SLICE_SECONDS,
    HistoryUpdate,
    JournalFolding,
    journal_size,
    unread,
)
from tui.viewer.traced_history import NOT_COMPARED, TracedHistory

# At first the epochs of so many bytes at the end are shown: to search more would keep keys waiting.
END_BYTES = 1 << 23


class TracedJournal(JournalFolding):
    """The history of one journal as points; of a long one, that of its epochs alone at first."""

    def fold_slice(self) -> HistoryUpdate:
        first = self._reader is None and not self.shows_excerpt
        if first and journal_size(self._journal) > LONG:
            self.history = self._unread()
            self.history.fold(self._epochs())
            return HistoryUpdate(None, more=True)
        return self._fold_until(time.monotonic() + SLICE_SECONDS)

    def _epochs(self) -> list[Event]:
        """How the run was started, and the ends of its newest epochs: quickly found."""
        head = JournalTail(self._journal).read(HEAD_BYTES)
        started: list[Event] = [event for event in head if isinstance(event, RunStarted)]
        return [*started[:1], *newest_near_end(self._journal, EpochEnded, END_BYTES)]

    def _unread(self) -> History:
        return unread(TracedHistory)

    def _open(self) -> JournalReader:
        return JournalReader(self._journal, NOT_COMPARED)
