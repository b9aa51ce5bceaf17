"""Folds a journal into points, and leaves out what is not compared."""

from __future__ import annotations

import time

from engine.run.history import History
from engine.run.journal_reader import JournalReader
from tui.viewer.journal_folding import SLICE_SECONDS, HistoryUpdate, JournalFolding, unread
from tui.viewer.traced_history import NOT_COMPARED, TracedHistory


class TracedJournal(JournalFolding):
    """The history of one journal as points: from its start, never of an excerpt."""

    def fold_slice(self) -> HistoryUpdate:
        return self._fold_until(time.monotonic() + SLICE_SECONDS)

    def _unread(self) -> History:
        return unread(TracedHistory)

    def _open(self) -> JournalReader:
        return JournalReader(self._journal, NOT_COMPARED)
