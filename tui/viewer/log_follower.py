"""Follows the log of another program: a foreign log has neither a lock nor an end.

So nobody knows whether its program lives; only when the log last grew is known, and shown.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from engine.errors import EngineError
from engine.logs.log_reader import LogNews, LogReader
from engine.protocol.events import Alert, EpochEnded, Event, Phase
from engine.run.history import History
from engine.run.kept_tests import DataTest
from engine.run.run_liveness import Liveness
from tui.viewer import viewer_text
from tui.viewer.journal_folding import ALMOST, HistoryUpdate, unread

# A log is read in slices of this length, between which keys are handled.
SLICE_SECONDS = 0.02
# What is known of a long log is drawn after this time, and again after twice as long as before:
# each time there is more to draw.
GLIMPSE_SECONDS = 0.5
# A log that has not grown for this long is quiet. Many grow only at the end of an epoch, so this
# says nothing about their program.
QUIET_SECONDS = 30.0


class LogFollower:
    """Folds what a reader finds in a log; `update` reads what is new. It is an `EventSource`.

    `kind` is the kind of the history.
    """

    run = None
    refusal = viewer_text.ONLY_READ
    hold: Callable[[], bool] | None = None
    tests: tuple[DataTest, ...] = ()

    def __init__(
        self,
        reader: LogReader,
        path: Path,
        clock: Callable[[], float] = time.time,
        kind: type[History] = History,
    ) -> None:
        self.liveness: Liveness = "silent"
        self._kind = kind
        self.history = unread(kind)
        self._reader, self._path, self._clock = reader, path, clock
        # The kinds of the events that were not drawn yet; None if anything may have changed.
        self._unshown: frozenset[type[Event]] | None = None
        self._next_glimpse, self._until_next = 0.0, GLIMPSE_SECONDS
        # When the log was last written by its own clock, and when we saw that, by ours.
        self._written_at = self._seen_at = 0.0
        # Whether it grew before our eyes: one that we found may be over, however new it is.
        self._has_grown = False
        self._silence = ""
        self.unreadable = ""
        """The newest sentence on a log that cannot be read; empty while it can be."""
        self._is_told_that_empty = self._is_told_of_more = False

    @property
    def label(self) -> str:
        return self._reader.label

    @property
    def selector(self) -> str:
        """Its path, written so that it is never taken for the name of a run."""
        return str(self._path if os.sep in str(self._path) else self._path.absolute())

    def silence(self, now: float) -> str:
        quiet = self._quiet_seconds(now)
        grows = self._has_grown and quiet < QUIET_SECONDS
        return "" if grows else viewer_text.quiet_for(quiet)

    def _quiet_seconds(self, now: float) -> float:
        """Seconds since the log grew.

        The clock of a file server may differ from ours, so growth that was seen counts as well.
        """
        return min(abs(now - self._written_at), abs(now - self._seen_at))

    def why_not_live(self) -> str:
        """Nothing: that a log is quiet is no news, and stands in the status."""
        return ""

    def past(self, ended: EpochEnded) -> History:
        """A log tells nothing of the network."""
        assert self.history.run is not None
        seen = History()
        seen.fold([self.history.run])
        return seen

    def update(self) -> HistoryUpdate:
        """Read new events for one slice of time; while there is more, few updates name kinds."""
        now, was_whole = self._clock(), self.history.read_share >= 1.0
        news = self._read()
        self._fold(news)
        self._note_growth(now, was_whole=was_whole)
        if news.more and (now < self._next_glimpse or self.history.run is None):
            return HistoryUpdate(frozenset(), more=True)
        self._next_glimpse = now + self._until_next
        self._until_next = 2 * self._until_next if news.more else GLIMPSE_SECONDS
        kinds, self._unshown = self._unshown, frozenset()
        return HistoryUpdate(kinds, news.more)

    def _read(self) -> LogNews:
        try:
            news = self._reader.read(SLICE_SECONDS)
        except EngineError as error:
            told, self.unreadable = self.unreadable, str(error)
            return LogNews([self._alert("error", str(error))] if told != self.unreadable else [])
        self.unreadable = ""
        is_empty = self.history.run is None and not (news.events or news.more)
        if is_empty and not self._is_told_that_empty:
            self._is_told_that_empty = True
            return news._replace(events=[self._alert("info", viewer_text.NO_NUMBERS_YET)])
        return news

    def _alert(self, level: Literal["info", "error"], sentence: str) -> Alert:
        last = self.history
        time = last.last_time if last.run is not None else self._clock()
        return Alert(level, "log", sentence, step=last.step, time=time)

    def _fold(self, news: LogNews) -> None:
        if news.anew:
            self.history, self._is_told_of_more = unread(self._kind), False
        if news.events and self.history.phase is None:
            first = news.events[0]
            self.history.fold([Phase("training", step=first.step, time=first.time)])
        kinds = self.history.fold(news.events) | self._tell_of_more_scalars()
        whole = self.history.read_share >= 1.0
        if not whole:
            share = min(ALMOST, self._reader.read_share)
            self.history.read_share = share if news.more else 1.0
        if news.anew or not (whole or news.more):
            self._unshown = None
        elif self._unshown is not None:
            self._unshown |= kinds

    def _tell_of_more_scalars(self) -> frozenset[type[Event]]:
        """Say once that not all scalars have a curve; returns the kinds of what was told."""
        if self._is_told_of_more or not self.history.has_more_scalars:
            return frozenset()
        self._is_told_of_more = True
        shown = len(self.history.scalars)
        return self.history.fold([self._alert("info", viewer_text.more_scalars(shown))])

    def _note_growth(self, now: float, *, was_whole: bool) -> None:
        """Note when the log grew, and whether that changes what the screen says of it.

        Before it `was_whole`, its newest file may not have been seen yet.
        """
        written_at = self._reader.written_at
        if written_at != self._written_at:
            self._has_grown |= was_whole
            # What we find when we first look may have been written long ago.
            self._seen_at = now if was_whole else written_at
            self._written_at = written_at
        silence = self.silence(now)
        self.liveness = "silent" if silence else "live"
        if silence != self._silence:
            self._silence, self._unshown = silence, None
