"""What a list of runs says of one run, read from its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from engine.recipes.recipe import short_names
from engine.run import run_lock
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import excerpt
from engine.run.run_lock import Liveness
from engine.run.run_paths import RunDir

State: TypeAlias = Literal["live", "paused", "done", "stopped", "failed", "silent"]


class RunSummary(msgspec.Struct, frozen=True):
    """A run in a line. Accuracy is a fraction, times are seconds; None where not known yet."""

    number: int | None
    name: str
    path: str
    state: State
    arch: str
    data: str
    epoch: int
    epochs: int
    best_top1: float | None
    seconds: float
    remaining: float | None
    started: float
    top1: tuple[float, ...]


def read(run: RunDir) -> History:
    """The whole history of a run."""
    history = History()
    for batch in JournalReader(run.journal).batches():
        history = History() if batch.anew else history
        history.fold(batch.events)
    return history


def state_now(run: RunDir) -> State:
    """What a run does, from an excerpt of its journal: quick, however long that is."""
    history = History()
    history.fold(excerpt(run.journal))
    return state_of(history, run_lock.liveness(run))


def state_of(history: History, life: Liveness) -> State:
    """A lock that is free without a `RunEnded` means that the engine died."""
    if life == "live":
        paused = history.phase is not None and history.phase.name == "paused"
        return "paused" if paused else "live"
    if life == "silent":
        return "silent"
    return history.ended.reason if history.ended else "failed"


def summary(run: RunDir, life: Liveness) -> RunSummary:
    """Read the run's journal and fold it; `life` is what is known of its engine."""
    history = read(run)
    best = history.best
    chosen = history.run.recipe if history.run else None
    arch, data = short_names(chosen) if chosen else ("", "")
    return RunSummary(
        number=run.number,
        name=run.name,
        path=str(run.path),
        state=state_of(history, life),
        arch=arch,
        data=data,
        epoch=len(history.epochs),
        epochs=history.epochs_planned if chosen else 0,
        best_top1=best.top1 if best else None,
        seconds=history.elapsed(history.last_time),
        remaining=history.remaining() if life == "live" else None,
        started=history.first_time,
        top1=tuple(e.top1 for e in history.epochs if e.top1 is not None),
    )


class SummaryCache:
    """Summaries that are made anew only where a journal has grown or an engine has gone."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, Liveness], RunSummary] = {}

    def of(self, run: RunDir) -> RunSummary:
        """The summary of the run as it is now."""
        life = run_lock.liveness(run)
        key = (run.path, _size(run.journal), life)
        if key not in self._known:
            older = [known for known in self._known if known[0] == run.path]
            self._known[key] = summary(run, life)
            for known in older:
                del self._known[known]
        return self._known[key]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
