"""What the runs of a race have reached so far, read from their journals: quick for a hundred."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from engine.errors import EngineError
from engine.protocol.events import EpochEnded, Phase, RunEnded, RunStarted, Steered, known
from engine.racing import elapsed_clock
from engine.recipes.recipe_building import read_recipe
from engine.run import run_liveness, run_search
from engine.run.journal_search import newest_first
from engine.run.run_paths import RunDir

# What so many journals say stays known as long as they do not change.
KEPT = 4096

# interrupted: its engine is gone without a last word, so the next one resumes it.
# gone: there is no such run any more.
RunState: TypeAlias = Literal[
    "queued", "training", "interrupted", "done", "stopped", "failed", "gone"
]


class EpochResult(NamedTuple):
    """What an epoch was validated to: accuracy (a fraction) and loss, None where not finite."""

    epoch: int
    top1: float | None
    loss: float | None


class RunResults(NamedTuple):
    """What a run has reached.

    `run` is the label that it has now, and `planned` the number of epochs of its full plan.
    `elapsed` is the time of its engines, and `epoch_seconds` that of an epoch with its validation;
    None before the first one. Where it was stopped, `stopped` is the number of the event that says
    so, and `between` says that this was at the end of an epoch. `dropped` says that somebody has
    taken it out of its race, and `removed` that its folder is in the trash. `error` says why it has
    failed.
    """

    run: str
    state: RunState
    planned: int
    stopped: int = 0
    between: bool = False
    epochs: tuple[EpochResult, ...] = ()
    elapsed: float = 0.0
    epoch_seconds: float | None = None
    dropped: bool = False
    removed: bool = False
    error: str = ""

    @property
    def epoch(self) -> int:
        """The number of epochs that it has finished."""
        return self.epochs[-1].epoch if self.epochs else 0

    @property
    def top1(self) -> float | None:
        """The best validation accuracy so far, a fraction; None while there is none."""
        best = self.best(self.planned)
        return best.top1 if best is not None else None

    @property
    def best_epoch(self) -> int:
        """The epoch of that accuracy; 0 while there is none."""
        best = self.best(self.planned)
        return best.epoch if best is not None else 0

    def best(self, until: int) -> EpochResult | None:
        """The best epoch up to this one: that of the highest accuracy, of equals the lowest loss.

        None if there is none whose accuracy is known.
        """
        known_ones = (e for e in self.epochs if e.epoch <= until and e.top1 is not None)
        return max(known_ones, key=lambda e: (e.top1 or 0.0, -loss_of(e)), default=None)


def loss_of(result: EpochResult) -> float:
    """The loss of an epoch; infinite where it was not finite."""
    return float("inf") if result.loss is None else result.loss


def found_runs(runs_dir: Path, labels: Iterable[str]) -> dict[str, RunDir]:
    """The runs with these labels; one that was renamed is known by its number.

    Raises RunError if the folder cannot be read.
    """
    renamed: dict[int | None, str] | None = None
    found = {}
    for label in labels:
        run = RunDir(runs_dir / label)
        if not run.recipe.exists():
            renamed = _by_number(runs_dir) if renamed is None else renamed
            run = RunDir(runs_dir / renamed.get(run.number, label))
        found[label] = run
    return found


def _by_number(runs_dir: Path) -> dict[int | None, str]:
    return {RunDir(Path(name)).number: name for name in run_search.labels(runs_dir)}


def run_results(run: RunDir) -> RunResults:
    """The results of one run."""
    # First the lock, then the journal: so everything that an ending engine writes is read.
    live = run_liveness.liveness(run) != "gone"
    try:
        written = run.recipe.stat().st_mtime_ns
    except OSError:
        return RunResults(run.label, "gone", 0)
    try:
        status = run.journal.stat()
        read = _read(run.journal, status.st_size, status.st_mtime_ns)
    except FileNotFoundError:
        read = RunResults(run.label, "queued", 0)
    state = "training" if live else read.state
    return read._replace(state=state, planned=read.planned or _planned(run, written))


@functools.lru_cache(KEPT)
def _planned(run: RunDir, changed: int) -> int:
    """The epochs of the recipe of a run; 0 where it cannot be read."""
    try:
        return read_recipe(run.recipe).epochs
    except EngineError:
        return 0


@functools.lru_cache(KEPT)
def _read(journal: Path, size: int, changed: int) -> RunResults:
    """What a journal of this size says of a run that no engine holds.

    `planned` is 0 before its first start.
    """
    ends = [*newest_first(journal, EpochEnded)][::-1]
    times = sorted(_seconds(e.seconds) + _seconds(e.evaluation_seconds) for e in ends)
    ended = next(newest_first(journal, RunEnded), None)
    state = _state(journal, ended)
    stopped = ended if state == "stopped" else None
    return RunResults(
        journal.parent.name,
        state,
        _planned_now(journal),
        stopped.seq if stopped is not None else 0,
        stopped is not None and bool(ends) and stopped.step == ends[-1].step,
        tuple(EpochResult(e.epoch, known(e.top1), known(e.loss)) for e in ends),
        elapsed_clock.seconds(journal),
        times[len(times) // 2] if times else None,
        error=ended.error if ended is not None and state == "failed" else "",
    )


def _seconds(value: object) -> float:
    return value if isinstance(value, float) else 0.0


def _state(journal: Path, ended: RunEnded | None) -> RunState:
    """The state of a run without an engine; `ended` is its last end, if no resume followed."""
    phase = next(newest_first(journal, Phase), None)
    if ended is not None and (phase is None or phase.seq < ended.seq):
        return ended.reason
    return "queued" if phase is None else "interrupted"


def _planned_now(journal: Path) -> int:
    """The total of epochs, as it has been steered; 0 before the first start."""
    steered = next(newest_first(journal, Steered), None)
    if steered is not None:
        return steered.epochs
    started = next(newest_first(journal, RunStarted), None)
    return started.recipe.epochs if started is not None and started.recipe is not None else 0
