"""A run as it goes on: its journal read in slices, folded, and whether its engine lives."""

from __future__ import annotations

import time
from typing import NamedTuple

from engine import rundir
from engine.events import Event
from engine.history import History
from engine.journal import Reader, glimpse
from engine.rundir import RunDir

# A long journal is read in slices, so that keys are answered meanwhile.
SLICE_SECONDS = 0.03
# Above this many bytes the end of the journal is shown before all of it is folded.
LONG = 8 << 20


class News(NamedTuple):
    """What a look brought: the kinds of new events, None where anything may have changed.

    `more` says that there was no time to read on.
    """

    kinds: frozenset[type[Event]] | None
    more: bool


class Following:
    """Follows one run. `history` is what is known of it and `alive` whether an engine holds it."""

    def __init__(self, run: RunDir) -> None:
        self.run = run
        self.alive = True
        self._folding = History()
        self.history = self._folding
        self._reader = Reader(run.journal)
        if self._reader.unread > LONG:
            self.history = History()
            self.history.fold(glimpse(run.journal))

    def look(self) -> News:
        """Read what is new, for a slice of time at most."""
        deadline = time.monotonic() + SLICE_SECONDS
        # Asked before reading: what an engine says before it ends is then not missed.
        alive = rundir.alive(self.run)
        kinds: frozenset[type[Event]] | None = frozenset()
        more = False
        for batch in self._reader.batches():
            if batch.anew:
                self._folding = self.history = History()
                kinds = None
            folded = self._folding.fold(batch.events)
            kinds = None if kinds is None else kinds | folded
            more = time.monotonic() > deadline
            if more:
                break
        if self.history is not self._folding:
            # Until the whole is folded the glimpse is shown; then everything may differ.
            self.history, kinds = (self.history, frozenset()) if more else (self._folding, None)
        if alive != self.alive and not more:
            self.alive, kinds = alive, None
        return News(kinds, more)
