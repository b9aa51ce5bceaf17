"""Waits until a run ends, or until a condition on its numbers holds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from engine.errors import RunError
from engine.protocol.events import Event
from engine.run import run_liveness, run_text
from engine.run.conditions import Condition
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.reports import NAMES_AT_THE_END, numbers_of, reports_in
from engine.run.run_fields import RUN_FIELDS, RunState
from engine.run.run_paths import RunDir
from tui.viewer import run_status, run_summary
from tui.viewer.run_status import RunStatus

# As often as a viewer looks.
LOOK_SECONDS = 0.5

Outcome: TypeAlias = Literal["held", "done", "failed", "stopped", "never", "timeout"]
_ENDS: Mapping[RunState, Outcome] = {"done": "done", "failed": "failed", "stopped": "stopped"}


class Held(msgspec.Struct, frozen=True):
    """Where a condition held, and what the fields were that it compares."""

    step: int
    time: float
    values: dict[str, float | str | None]


class Waited(msgspec.Struct, frozen=True):
    """How the waiting ended. `unreported` are the fields of which no report told anything."""

    outcome: Outcome
    until: str | None
    held: Held | None
    unreported: tuple[str, ...]
    status: RunStatus


class RunWaiter:
    """Looks at one run again and again, and reads what is new."""

    def __init__(self, run: RunDir, until: Condition | None) -> None:
        self._run, self._until = run, until
        self._reader = JournalReader(run.journal)
        self._begin()
        self.state: RunState = "starting"

    def _begin(self) -> None:
        self._history = History()
        # The newest of each number that reports tell, and what no report tells.
        self._newest: dict[str, float | str | None] = {}
        self._now: dict[str, float | str | None] = {}
        self._held: Held | None = None

    def look(self, now: float) -> Outcome | None:
        """How the waiting ends now, in unix seconds; None if it goes on.

        Raises RunError where the run's folder has gone, with an engine that may live.
        """
        if not os.path.isdir(self._run.path):
            raise RunError(run_text.run_gone(self._run.label))
        # First the lock, then the journal: so everything that an ending engine writes is read.
        self._liveness = run_liveness.liveness(self._run)
        for batch in self._reader.slices():
            if batch.from_start:
                self._begin()
            self._history.fold(batch.events)
            self._take(batch.events)
        self.state = run_summary.state_of(self._run, self._history, self._liveness)
        self._check_now(now)
        if self._held is not None:
            return "held"
        end = _ENDS.get(self.state)
        return "never" if end == "done" and self._until is not None else end

    def _take(self, new: list[Event]) -> None:
        """Keep the newest of each number, and judge the condition with every report."""
        if self._until is None:
            return
        for report in reports_in(new):
            self._newest.update(numbers_of(report))
            if self._held is None and self._until.holds(self._newest):
                self._held = self._holding(self._newest, report.step, report.time)

    def _check_now(self, now: float) -> None:
        """Judge the condition with what no report tells."""
        if self._until is None or self._held is not None:
            return
        last = self._history
        self._now = {
            "state": self.state,
            "elapsed": last.elapsed(now),
            "remaining": last.remaining() if self._liveness == "live" else None,
        }
        if self._until.holds(self._newest | self._now):
            self._held = self._holding(self._newest | self._now, last.step, last.last_time)

    def _holding(self, values: Mapping[str, float | str | None], step: int, at: float) -> Held:
        assert self._until is not None
        return Held(step, at, {name: values[name] for name in self._until.names})

    def scalars(self) -> tuple[str, ...]:
        """The names of the scalars that the run has reported."""
        return run_status.scalar_names(self._history)

    def lacking(self) -> list[str]:
        """The names in the condition that reports which usually have them lack so far.

        The report of an epoch has all but those of the end; before it, only a scalar can lack.
        """
        usual = NAMES_AT_THE_END if self._history.epochs else RUN_FIELDS
        told = self._history.epochs or self.scalars()
        return [name for name in self._unreported() if name not in usual] if told else []

    def _unreported(self) -> list[str]:
        known = self._newest | self._now
        return [name for name in self._until.names if name not in known] if self._until else []

    def ended(self, outcome: Outcome, now: float) -> Waited:
        """What to say at the end."""
        until = self._until
        return Waited(
            outcome,
            str(until) if until is not None else None,
            self._held,
            tuple(self._unreported()),
            run_status.status_of(self._run, self._history, self._liveness, now),
        )


def wait(
    run: RunDir,
    until: Condition | None = None,
    timeout: float | None = None,
    *,
    tell_silent: Callable[[], None] = lambda: None,
    tell_lacking: Callable[[Sequence[str], Sequence[str]], None] = lambda *_: None,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
    pause: Callable[[float], None] = time.sleep,
) -> Waited:
    """Wait for the end of a run, or for a condition, for at most `timeout` seconds.

    A run that has ended, or whose reports have met the condition, is not waited for. Calls
    `tell_silent` once, when only another machine knows whether the engine lives, and `tell_lacking`
    once, with the names that the condition waits for and reports lack, and the scalars that there
    are. `clock` measures the timeout; `now` gives unix seconds.
    """
    waiter, began, told, told_lacking = RunWaiter(run, until), clock(), False, False
    while (outcome := waiter.look(now())) is None:
        if waiter.state == "silent" and not told:
            told = True
            tell_silent()
        if not told_lacking and (lacking := waiter.lacking()):
            told_lacking = True
            tell_lacking(lacking, waiter.scalars())
        left = LOOK_SECONDS if timeout is None else began + timeout - clock()
        if left <= 0:
            return waiter.ended("timeout", now())
        pause(min(LOOK_SECONDS, left))
    return waiter.ended(outcome, now())
