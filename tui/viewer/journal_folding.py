"""Folds a journal into a history in short slices of time, between which keys are handled."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import NamedTuple

from engine.protocol.events import Event
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import excerpt

SLICE_SECONDS = 0.005
# Of a journal with more bytes, an excerpt is shown first. A shorter one is folded at once, in a few
# hundredths of a second, so that the viewer never shows old states.
LONG = 3 << 20
# The largest share that is shown while a part of a journal is not folded yet.
ALMOST = 0.99


class HistoryUpdate(NamedTuple):
    """The kinds of the new events; None if anything may have changed.

    `more` says that the journal holds events after this slice.
    """

    kinds: frozenset[type[Event]] | None
    more: bool


class JournalFolding:
    """The history of one journal. Until a long one is folded, this is the history of an excerpt.

    As long as not all is folded, its `read_share` is below 1.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self.restart()

    def restart(self) -> None:
        """Forget everything; the next slice begins at the start of the journal."""
        self.history = self._folded = self._unread()
        self._reader: JournalReader | None = None

    def _unread(self) -> History:
        """The history of which nothing is folded yet."""
        return unread()

    def _open(self) -> JournalReader:
        return JournalReader(self._journal)

    @property
    def shows_excerpt(self) -> bool:
        return self.history is not self._folded

    def fold_slice(self) -> HistoryUpdate:
        """Fold new events for one slice of time; the first call folds all of a short journal."""
        first = self._reader is None and not self.shows_excerpt
        if first and journal_size(self._journal) > LONG:
            self.history = self._unread()
            self.history.fold(excerpt(self._journal))
            return HistoryUpdate(None, more=True)
        return self._fold_until(math.inf if first else time.monotonic() + SLICE_SECONDS)

    def _fold_until(self, deadline: float) -> HistoryUpdate:
        self._reader = self._reader or self._open()
        kinds: frozenset[type[Event]] | None = frozenset()
        for batch in self._reader.slices():
            if batch.from_start:
                self.history = self._folded = self._unread()
                kinds = None
            folded = self._folded.fold(batch.events)
            kinds = None if kinds is None else kinds | folded
            if time.monotonic() > deadline:
                self._note_share(self._reader)
                return HistoryUpdate(frozenset() if self.shows_excerpt else kinds, more=True)
        if self._folded.read_share < 1.0:
            self._folded.read_share = 1.0
            self.history, kinds = self._folded, None
        return HistoryUpdate(kinds, more=False)

    def _note_share(self, reader: JournalReader) -> None:
        """Write the share into a history that is not whole yet; a whole one stays whole."""
        if self.history.read_share < 1.0:
            size = max(1, journal_size(self._journal))
            self.history.read_share = min(ALMOST, reader.offset / size)


def unread(kind: type[History] = History) -> History:
    """The history of this kind, of a journal or a log of which nothing is folded yet."""
    history = kind()
    history.read_share = 0.0
    return history


def journal_size(journal: Path) -> int:
    """Its size in bytes; 0 while there is none."""
    try:
        return journal.stat().st_size
    except OSError:
        return 0
