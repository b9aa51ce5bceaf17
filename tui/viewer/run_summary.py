"""A run in one line of a list, read from its journal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from engine.protocol.events import RunStarted, known
from engine.queueing import queue_file
from engine.run import run_liveness
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import excerpt, newest_first
from engine.run.run_liveness import Liveness
from engine.run.run_paths import RunDir
from engine.start import engine_death
from tui.viewer.journal_folding import journal_size

RunState: TypeAlias = Literal[
    "queued", "starting", "live", "paused", "done", "stopped", "failed", "silent"
]


class RunSummary(msgspec.Struct, frozen=True):
    """Accuracies are fractions, times are seconds, and None stands for an unknown value.

    `program` trains where the engine does not; then `arch` and `data` are empty. `epochs` is 0 if
    the total is unknown. `error` says why the run failed, if it did and that is known.
    """

    number: int | None
    name: str
    path: str
    state: RunState
    arch: str
    data: str
    epoch: int
    epochs: int
    best_top1: float | None
    test_top1: float | None
    seconds: float
    remaining: float | None
    started: float
    top1: tuple[float, ...]
    error: str = ""
    program: str = ""


def read_history(run: RunDir) -> History:
    """The whole history of a run."""
    history = History()
    for batch in JournalReader(run.journal).slices():
        history = History() if batch.from_start else history
        history.fold(batch.events)
    return history


def state_now(run: RunDir) -> RunState:
    """The state of a run, read from an excerpt of its journal: quick even for a long journal."""
    history = History()
    history.fold(excerpt(run.journal))
    return state_of(run, history, run_liveness.liveness(run))


def refusals_now(run: RunDir) -> Mapping[str, str]:
    """Why the program that trains the run cannot obey some kinds of commands."""
    starts = newest_first(run.journal, RunStarted)
    watched = next((start.watched for start in starts), None)
    return watched.refusals if watched is not None else {}


def state_of(run: RunDir, history: History, liveness: Liveness) -> RunState:
    """The state of a run; if its engine is gone without a `RunEnded`, the run has failed.

    A run that still waits for its first engine is queued or starting.
    """
    if liveness == "live":
        paused = history.phase is not None and history.phase.name == "paused"
        return "paused" if paused else "live"
    if liveness == "silent":
        return "silent"
    if history.ended is not None:
        return history.ended.reason
    had_engine = engine_death.had_engine(run, wrote=history.last_seq > 0)
    if had_engine:
        return "failed"
    return "queued" if run.label in queue_file.queued(run.path.parent) else "starting"


def summarize(run: RunDir, liveness: Liveness) -> RunSummary:
    """Read and fold the whole journal of the run."""
    history = read_history(run)
    best, state = history.best, state_of(run, history, liveness)
    arch, data = history.names
    return RunSummary(
        number=run.number,
        name=run.name,
        path=str(run.path),
        state=state,
        arch=arch,
        data=data,
        epoch=len(history.epochs),
        epochs=history.epochs_planned or 0,
        best_top1=known(best.top1) if best else None,
        test_top1=history.test_top1,
        seconds=history.elapsed(history.last_time),
        remaining=history.remaining() if liveness == "live" else None,
        started=history.first_time,
        top1=tuple(top1 for e in history.epochs if (top1 := known(e.top1)) is not None),
        error=error_of(run, history) if state == "failed" else "",
        program=history.watched.program if history.watched is not None else "",
    )


def error_of(run: RunDir, history: History) -> str:
    """Why the run failed."""
    return history.ended.error if history.ended is not None else engine_death.sentence(run)


class SummaryCache:
    """Summaries of runs, read again when the journal grows or the engine's liveness changes."""

    def __init__(self) -> None:
        # For each run: the size of its journal, its liveness, and the summary that belongs to them.
        self._known: dict[Path, tuple[tuple[int, Liveness], RunSummary]] = {}

    def of(self, run: RunDir) -> RunSummary:
        """The summary of the run as it is now."""
        now = (journal_size(run.journal), run_liveness.liveness(run))
        before, known = self._known.get(run.path, (None, None))
        if known is None or before != now:
            known = summarize(run, now[1])
            self._known[run.path] = now, known
        return known
