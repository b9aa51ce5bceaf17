"""A run as it goes on: its journal read in slices, folded, and whether its engine lives."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from engine.protocol.events import Event, Phase, RunEnded
from engine.run import engine_log, run_lock
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import excerpt
from engine.run.run_lock import Liveness
from engine.run.run_paths import RunDir
from tui.viewer import viewer_text

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
        self.life: Liveness = "live"
        self.died: str
        """The sentence on an engine that ended without a word; empty where none did."""
        # The number of the last event before an engine was started that has said nothing yet.
        self._expected: int | None = None
        # The history in which an engine that says nothing yet is said to be starting.
        self._foretold: History | None = None
        self._begin()

    def _begin(self) -> None:
        """Read from the start, and forget what no engine said."""
        self.died = ""
        self._folding = self.history = History()
        self._reader: JournalReader | None = None

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
            self.history.fold(excerpt(self.run.journal))
            self._foretell()
            return News(None, more=True)
        first = self._reader is None and self.history is self._folding
        self._reader = self._reader or JournalReader(self.run.journal)
        deadline = math.inf if first else time.monotonic() + SLICE_SECONDS
        # Asked before reading: what an engine says before it ends is then not missed.
        life = run_lock.liveness(self.run)
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
            # Until the whole is folded the excerpt is shown; then everything may differ.
            self.history, kinds = (self.history, frozenset()) if more else (self._folding, None)
        if more:
            return News(kinds, more)
        if life != self.life:
            kinds = None
            if self._turn(life):
                return News(None, self.look().more)
        return News(None if self._foretell() or self._fold_death() else kinds, more)

    def expect(self, since: float) -> None:
        """An engine was started: where nothing was said since this time, it is only starting."""
        if self.history.last_time < since:
            self._expected = self.history.last_seq
            self._foretell()

    def _turn(self, life: Liveness) -> bool:
        """Take note of another life of the engine; whether all is to be read from the start.

        So it is after a death: the journal has none, and there may have been none.
        """
        before, self.life = self.life, life
        if before != "gone":
            return False
        holder = run_lock.read_owner(self.run)
        if holder is not None and self.history.last_time < holder.time:
            self._expected = self.history.last_seq
        if not self.died:
            return False
        self._begin()
        return True

    def _foretell(self) -> bool:
        """Say for an engine that says nothing yet that it is starting; whether that is new."""
        last = self.history
        known = last.run is not None or last.ended is not None
        if not (self.alive and known and self._says_nothing) or last is self._foretold:
            return False
        self._foretold = last
        last.fold([Phase("starting", step=last.step, seq=last.last_seq, time=last.last_time)])
        return True

    @property
    def _says_nothing(self) -> bool:
        """Whether the engine that was started last has said nothing yet."""
        return self.history.last_seq == self._expected

    def _fold_death(self) -> bool:
        """An engine that is gone and never said so has failed; its last words are all there is.

        A run that lies there for its first engine has not.
        """
        last = self.history
        if self.life != "gone" or last.ended is not None or not self._was_held:
            return False
        self.died = viewer_text.engine_died(self.run.label, engine_log.last_line(self.run))
        failed = RunEnded(
            "failed", error=self.died, step=last.step, seq=last.last_seq, time=last.last_time
        )
        last.fold([failed])
        return True

    @property
    def _was_held(self) -> bool:
        """Whether there was an engine to die: a run let go for another to start has no owner."""
        said = self.history.last_seq > 0 and not self._says_nothing
        return said or run_lock.read_owner(self.run) is not None
