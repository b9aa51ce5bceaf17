"""A run as it goes on: its journal read in slices, folded, and whether its engine lives."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from engine import rundir, text
from engine.events import Event, Phase, RunEnded
from engine.history import History
from engine.journal import Reader, glimpse
from engine.rundir import Life, RunDir

# A long journal is read in slices, so that keys are answered meanwhile.
SLICE_SECONDS = 0.005
# Above this many bytes the end of the journal is shown before all of it is folded; what is shorter
# is folded at once, in some hundredths of a second, so that nobody sees how things once were.
LONG = 3 << 20


class News(NamedTuple):
    """What a look brought: the kinds of new events, None where anything may have changed.

    `more` says that there was no time to read on.
    """

    kinds: frozenset[type[Event]] | None
    more: bool


class Following:
    """Follows one run. `history` is what is known of it, and `life` of its engine."""

    def __init__(self, run: RunDir) -> None:
        self.run = run
        self.life: Life = "live"
        self.died = ""
        """The sentence on an engine that ended without a word; empty where none did."""
        self._folding = History()
        self.history = self._folding
        self._reader: Reader | None = None

    @property
    def alive(self) -> bool:
        return self.life == "live"

    @property
    def _is_long(self) -> bool:
        try:
            return self.run.journal.stat().st_size > LONG
        except OSError:
            return False

    def look(self) -> News:
        """Read what is new, for a slice of time at most."""
        if self._reader is None and self.history is self._folding and self._is_long:
            # The first frame of a long journal does not wait until it is searched through.
            self.history = History()
            self.history.fold(glimpse(self.run.journal))
            return News(None, more=True)
        first = self._reader is None and self.history is self._folding
        self._reader = self._reader or Reader(self.run.journal)
        deadline = math.inf if first else time.monotonic() + SLICE_SECONDS
        # Asked before reading: what an engine says before it ends is then not missed.
        life = rundir.life(self.run)
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
        if life != self.life and not more:
            self.life, kinds = life, None
        if self.life == "gone" and self.history.ended is None:
            self._fold_death()
        return News(kinds, more)

    def expect(self, since: float) -> None:
        """An engine was started: where nothing was said since this time, it is only starting."""
        last = self.history
        if last.run is not None and last.last_time < since:
            last.fold([Phase("starting", step=last.step, seq=last.last_seq, time=last.last_time)])

    def _fold_death(self) -> None:
        """An engine that is gone and never said so has failed; its last words are all there is."""
        last = self.history
        self.died = text.engine_died(self.run.label, rundir.last_words(self.run))
        failed = RunEnded(
            "failed", error=self.died, step=last.step, seq=last.last_seq, time=last.last_time
        )
        last.fold([failed])
