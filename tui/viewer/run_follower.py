"""Follows a run: its history, and whether its engine is starting, is alive or has died.

An engine that is starting or has died, or for which a run waits in the queue, writes nothing into
the journal. The follower adds an event to the history in its place: `Phase("starting")`,
`RunEnded("failed")` or `Phase("queued")`.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from engine.protocol.events import EpochEnded, Phase, RunEnded
from engine.run import lock_owner, past_epochs, run_liveness
from engine.run.history import History
from engine.run.kept_tests import DataTest
from engine.run.run_liveness import Liveness
from engine.run.run_paths import RunDir
from engine.start import engine_death
from tui.viewer import queue_status, viewer_text
from tui.viewer.journal_folding import HistoryUpdate, JournalFolding
from tui.viewer.tests_folder import KeptTests

# An engine that a viewer has started writes its first event within this time.
JUST_SECONDS = 2.0


class RunFollower:
    """Follows one run; `update` reads what is new. It is an `EventSource`.

    `expected_at` is when this viewer looks for an engine that it has just started, in unix seconds:
    the run is starting until that engine writes its first event. None if it has started none.
    `folding` folds its journal.
    """

    refusal = ""
    hold: Callable[[], bool] | None = None

    def __init__(
        self,
        run: RunDir,
        expected_at: float | None = None,
        folding: type[JournalFolding] = JournalFolding,
    ) -> None:
        self._run, self._expected_at = run, expected_at
        self.liveness: Liveness = "live"
        self.died = ""
        """The sentence about an engine that died without writing `RunEnded`; empty if none did."""
        self._journal, self._tests = folding(run.journal), KeptTests(run)
        # The last event before the newest engine; None while the first one is followed.
        self._last_seq_before: int | None = None
        # The history to which `starting` was added; the one to which a death was, and the death.
        self._shown_starting: History | None = None
        self._shown_death: History | None = None
        self._death: RunEnded | None = None

    @property
    def label(self) -> str:
        return self._run.label

    @property
    def selector(self) -> str:
        return self._run.selector

    @property
    def run(self) -> RunDir | None:
        return self._run

    @property
    def history(self) -> History:
        return self._journal.history

    @property
    def tests(self) -> tuple[DataTest, ...]:
        return self._tests.found

    @property
    def alive(self) -> bool:
        return self.liveness == "live"

    def silence(self, now: float) -> str:
        return viewer_text.STATE_WORDS["silent"] if self.liveness == "silent" else ""

    def why_not_live(self) -> str:
        return run_liveness.why_not_live(self._run)

    def past(self, ended: EpochEnded) -> History:
        assert self.history.run is not None
        seen = past_epochs.history(self._run.journal, self.history.run, ended)
        # Of a script that tells no length of an epoch, only its epochs say what was when.
        seen.epochs += [epoch for epoch in self.history.epochs if epoch.step <= ended.step]
        return seen

    def update(self) -> HistoryUpdate:
        """Read new events for one slice of time at most."""
        news = self._read()
        return HistoryUpdate(None, news.more) if self._tests.update() else news

    def _read(self) -> HistoryUpdate:
        # First the lock, then the journal: so everything that an ending engine writes is read.
        liveness = run_liveness.liveness(self._run)
        update = self._journal.fold_slice()
        if self._expected_at is not None:
            self._expect_engine(liveness, self._expected_at - JUST_SECONDS)
        if update.more:
            if self._journal.shows_excerpt:
                self._add_starting()
            return update
        changed = liveness != self.liveness
        if (changed and self._must_restart(liveness)) or self._death_is_outdated():
            self.died = ""
            self._journal.restart()
            return HistoryUpdate(None, self._read().more)
        if self._goes_on_no_more():
            self._journal.restart()
            return HistoryUpdate(None, self._read().more)
        if self.history is not self._shown_death:
            self.died = ""
        if self._add_starting() or self._add_death() or self._add_place() or changed:
            return HistoryUpdate(None, more=False)
        return update

    def _expect_engine(self, liveness: Liveness, since: float) -> None:
        """If an engine lives and has not written since this time, wait for its first event."""
        self._expected_at = None
        if liveness == "live" and self.history.last_time < since:
            self._last_seq_before = self.history.last_seq

    def _must_restart(self, liveness: Liveness) -> bool:
        """Store the new liveness; whether the journal has to be read from its start.

        That is so if an engine is back although its death was added to the history.
        """
        before, self.liveness = self.liveness, liveness
        if before != "gone":
            return False
        owner = lock_owner.read_owner(self._run)
        if owner is not None and self.history.last_time < owner.time:
            self._last_seq_before = self.history.last_seq
        return bool(self.died)

    def _death_is_outdated(self) -> bool:
        """Whether more is known than when a death was added to the history.

        The journal or the log of an engine may reach this machine after its lock is free.
        """
        death, last = self._death, self.history
        if not self.died or death is None or last is not self._shown_death:
            return False
        is_last = last.ended is death and last.last_seq == death.seq
        return not is_last or self.died != engine_death.sentence(self._run)

    def _add_starting(self) -> bool:
        """Add `starting` for a live engine that has written nothing yet; whether it did so."""
        last = self.history
        known = last.run is not None or last.ended is not None
        if not (self.alive and known and self._wrote_nothing) or last is self._shown_starting:
            return False
        self._shown_starting = last
        last.fold([Phase("starting", step=last.step, seq=last.last_seq, time=last.last_time)])
        return True

    def _add_death(self) -> bool:
        """Add a failure for an engine that is gone without a `RunEnded`; whether it did so.

        A run that still waits for its first engine has not failed.
        """
        last = self.history
        ended = last.ended is not None or self._shown_place
        if self.liveness != "gone" or ended or not self._had_engine:
            return False
        self.died, self._shown_death = engine_death.sentence(self._run), last
        self._death = RunEnded(
            "failed", error=self.died, step=last.step, seq=last.last_seq, time=last.last_time
        )
        last.fold([self._death])
        return True

    def _add_place(self) -> bool:
        """Add what a run in the queue waits for; whether that is new.

        It never had an engine, or rests until another one goes on with it.
        """
        last, is_new = self.history, not (self.history.last_seq or self._had_engine)
        rests = last.ended is not None and last.ended.reason == "stopped"
        if self.liveness != "gone" or not (is_new or rests or self._shown_place):
            return False
        place = queue_status.place_of(self._run)
        if place == self._shown_place:
            return False
        now = Phase("queued", note=place) if place else Phase("starting")
        last.fold([replace(now, step=last.step, seq=last.last_seq, time=last.last_time)])
        return True

    @property
    def _shown_place(self) -> str:
        """What the run waits for, as was added; "" if an event has come after it, or none was."""
        phase = self.history.phase
        return phase.note if phase is not None and phase.name == "queued" else ""

    def _goes_on_no_more(self) -> bool:
        """Whether a run that rested has left the queue without an engine: then it has stopped."""
        rested = self._shown_place and self.history.last_seq
        return bool(rested and self.liveness == "gone" and not queue_status.place_of(self._run))

    @property
    def _wrote_nothing(self) -> bool:
        """Whether the newest engine has written no event yet."""
        return self.history.last_seq == self._last_seq_before

    @property
    def _had_engine(self) -> bool:
        wrote = self.history.last_seq > 0 and not self._wrote_nothing
        # Somebody follows it, so an engine was to come: that its maker has died is its end, too.
        is_left = lock_owner.read_owner(self._run) is not None
        return is_left or engine_death.had_engine(self._run, wrote=wrote)
