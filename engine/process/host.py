"""The engine process: a worker thread trains, and the main thread listens.

The main thread handles signals, reads the command spool and samples the hardware. It sets its
signal handlers before torch is imported, so that a run can be stopped from its first moment.
"""

from __future__ import annotations

import contextlib
import signal
import time
from types import FrameType
from typing import TextIO

import psutil

from engine import text
from engine.distributed.rank import Rank
from engine.errors import STOP_EXIT, RunError
from engine.machine import oom_kills
from engine.machine.hardware import Sampler
from engine.machine.nvml import run_processes
from engine.process import process_text
from engine.process.entry import exit_now
from engine.process.line_printer import LinePrinter, say
from engine.process.lines import Lines
from engine.process.session import AS_USUAL, AttemptOptions, Session
from engine.process.start_cost import StartCost, process_start
from engine.process.worker import OnNan, Worker
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.recipes.recipe_building import read_recipe
from engine.run import run_creation, run_lock, run_text
from engine.run.budgeted_journal import BudgetedJournal
from engine.run.journal import Journal
from engine.run.journal_search import newest_first
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.run.spool import Spool

POLL_SECONDS = 0.05
HARDWARE_SECONDS = 2.0
# Signals this close together count as one. Wrappers such as timeout and make pass one Ctrl+C on
# twice; with several ranks, each gets a signal before torchrun passes its own signal on.
SAME_SECONDS, SAME_SECONDS_OF_RANKS = 0.3, 3.0


def journal_of(run: RunDir) -> Journal:
    """The run's journal, to append to. Raises RunError where it cannot be opened."""
    try:
        return Journal(run.journal)
    except OSError as error:
        raise RunError(process_text.journal_failed(run.selector, text.refused(error))) from error


def clear_half_saves(run: RunDir) -> None:
    """Delete the temporary files of killed saves. The caller holds the lock, so nobody saves."""
    with contextlib.suppress(OSError):
        for half in (*run.checkpoints.glob(".*.pt.*"), *run.path.glob(".*.npz.*")):
            half.unlink(missing_ok=True)


class Host:
    """Owns the journal of a run whose lock it holds.

    It prints lines to `out`, unless that is None, and the sentence of an error to `err`.
    """

    def __init__(
        self,
        claim: Claim,
        out: TextIO | None,
        err: TextIO,
        options: AttemptOptions = AS_USUAL,
        rank: Rank | None = None,
        began: float | None = None,
    ) -> None:
        """`began` is when the start began by `time.monotonic`, if not with this process."""
        self._run, self._err = claim.run, err
        self._printer = LinePrinter(out) if out is not None else None
        steered = [*newest_first(claim.run.journal, events.Steered)]
        # The name of a new run's rehearsal is that of its temporary folder.
        named = not options.dry or (claim.run.checkpoints / "last.pt").exists()
        selector = "" if options.dry else claim.run.selector
        self._lines = Lines(selector, reversed(steered), named=named)
        self._stopped_by: signal.Signals | None = None
        self._stopped_at = 0.0
        self._rank = rank or Rank()
        self._listen()
        self._attempt = run_lock.take_over(claim, *oom_kills.count_here())
        clear_half_saves(claim.run)
        self._journal = journal_of(claim.run)
        # Three threads append events: the worker, the writer of checkpoints and the main thread.
        self._events = BudgetedJournal(self._journal, lambda: self._session.step, self._print)
        began = process_start() if began is None else began
        self._start_cost = StartCost(time.monotonic, began)
        recipe = read_recipe(claim.run.recipe)
        self._session = Session(
            claim.run, recipe, self._attempt, self._journal, self._append, self._rank, began
        )
        stream = self._session.stream(options)
        on_nan: OnNan = recipe.on_nan
        if on_nan == "auto":
            on_nan = "pause" if out is None else "stop"
        self._worker = Worker(self._session, stream, self._rank, self._append, on_nan)

    def run(self) -> int:
        """Run to the end and return the exit code."""
        if self._printer is not None:
            self._printer.start()
        self._append(events.Phase("starting"))
        self._worker.start()
        sampler = Sampler(self._run.path, run_processes())
        spool = Spool(self._run, self._attempt, self._refuse)
        next_sample = time.monotonic()
        # The worker's last event must be the run's last one: append nothing after it.
        while not self._events.ended and self._worker.is_alive():
            self._worker.join(POLL_SECONDS)
            # An error with the run's folder must not end the training from this thread.
            with contextlib.suppress(OSError, psutil.Error, RunError):
                for command in spool.take():
                    self._rank.send(command)
                    if isinstance(command, commands.Inspect):
                        self._events.append_wanted()
                if time.monotonic() >= next_sample and not self._events.ended:
                    next_sample = time.monotonic() + HARDWARE_SECONDS
                    self._append(sampler.sample())
                    self._events.append_overdue()
        self._worker.join()
        return self._end()

    def _end(self) -> int:
        if self._printer is not None:
            self._printer.finish()
        outcome = self._worker.outcome
        # The terminal has the sentence. The parent of several ranks finds it in the journal.
        if outcome.is_void and self._printer is not None and self._rank.alone:
            run_creation.remove(self._run)
        if outcome.error:
            say(f"cnn-tui: {outcome.error}", self._err)
            return outcome.exit_code
        if self._journal.write_error:
            lost = process_text.journal_failed(self._run.selector, self._journal.write_error)
            say(f"cnn-tui: {lost}", self._err)
            return 1
        if outcome.reason == "stopped" and self._stopped_by is not None:
            return STOP_EXIT[self._stopped_by]
        return 0

    def _append(self, event: Event) -> None:
        """Append an event, as `BudgetedJournal` does, and what is to say about the start.

        Raises RunError where that is impossible.
        """
        try:
            self._events.append(event)
        except OSError as error:
            why = text.refused(error)
            raise RunError(process_text.journal_failed(self._run.selector, why)) from error
        for alert in self._start_cost.alerts(event):
            self._append(alert)

    def _print(self, event: Event) -> None:
        if self._printer is not None:
            for line in self._lines.of(event):
                self._printer.print(line)

    def _refuse(self, file: str, why: str) -> None:
        self._append(events.Alert("warning", "command", run_text.command_ignored(file, why)))

    # Signals

    def _listen(self) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in STOP_EXIT:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGUSR1, self._on_save)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        """Save and stop the first time, exit at once the second time."""
        now = time.monotonic()
        same = SAME_SECONDS if self._rank.count == 1 else SAME_SECONDS_OF_RANKS
        if self._stopped_by is not None and now > self._stopped_at + same:
            exit_now(STOP_EXIT[signal.Signals(number)])
        if self._stopped_by is not None:
            return
        self._stopped_by, self._stopped_at = signal.Signals(number), now
        self._rank.send(commands.Stop(id=commands.SIGNAL, attempt=self._attempt))

    def _on_save(self, number: int, frame: FrameType | None) -> None:
        self._rank.send(commands.Checkpoint(id=commands.SIGNAL, attempt=self._attempt))
