"""A run in one line of a list, read from its journal."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from engine.errors import EngineError
from engine.protocol.events import Measured, RunStarted, known
from engine.queueing import queue_file
from engine.recipes.recipe import Recipe, short_names
from engine.recipes.recipe_building import build_recipe, difference_from_preset
from engine.recipes.recipe_toml import read_fields
from engine.run import run_liveness, run_notes
from engine.run.fold import IMAGES_PER_SECOND
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import excerpt, newest_first
from engine.run.reports import numbers_of, scalar_name
from engine.run.run_fields import RunState
from engine.run.run_liveness import Liveness
from engine.run.run_notes import RACE_TAG
from engine.run.run_paths import RunDir
from engine.start import engine_death

LIVE: tuple[RunState, ...] = ("live", "paused")
# In these states a run may wait in the queue.
AT_REST: tuple[RunState, ...] = ("starting", "stopped")


class RunSummary(msgspec.Struct, frozen=True):
    """Accuracies are fractions, times are seconds, and None stands for an unknown value.

    `program` trains where the engine does not; then `arch` and `data` are empty. `epochs` is 0 if
    the total is unknown. `error` says why the run failed, if it did and that is known. `started`
    and `ended` are unix seconds, 0 before.

    `settings` are the fields of the recipe that differ from the defaults of `Recipe`, or what the
    program told; `changed` names those that differ from the preset. `loss` is that of the best
    epoch. `numbers` are the newest values of what the run reports, by the names of
    `engine.run.reports` and of its scalars.
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
    preset: str = ""
    settings: dict[str, Any] = {}
    changed: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    race: str = ""
    step: int = 0
    best_epoch: int | None = None
    loss: float | None = None
    ended: float = 0.0
    numbers: dict[str, Measured] = {}


def read_history(run: RunDir) -> History:
    """The whole history of a run."""
    return folded_on(History(), JournalReader(run.journal))


def folded_on(history: History, reader: JournalReader) -> History:
    """The history with what the reader finds; another one where that begins at the start anew."""
    for batch in reader.slices():
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
    """The state of a run; one that waits in the queue for an engine is queued."""
    return _or_queued(own_state(run, history, liveness), run)


def _or_queued(state: RunState, run: RunDir) -> RunState:
    waits = state in AT_REST and run.label in queue_file.queued(run.path.parent)
    return "queued" if waits else state


def own_state(run: RunDir, history: History, liveness: Liveness) -> RunState:
    """The state that the files of a run tell, whether or not it waits in the queue.

    If its engine is gone without a `RunEnded`, the run has failed. One that never had an engine is
    starting: whoever made it may start it soon, or never.
    """
    if liveness == "live":
        paused = history.phase is not None and history.phase.name == "paused"
        return "paused" if paused else "live"
    if liveness == "silent":
        return "silent"
    if history.ended is not None:
        return history.ended.reason
    had_engine = engine_death.had_engine(run, wrote=history.last_seq > 0)
    return "failed" if had_engine else "starting"


def summarize(run: RunDir, liveness: Liveness) -> RunSummary:
    """Read and fold the whole journal of the run, and look whether it waits in the queue."""
    found = summary_of(run, read_history(run), liveness)
    return replace(found, state=_or_queued(found.state, run))


def summary_of(run: RunDir, history: History, liveness: Liveness) -> RunSummary:
    """What the files of a run tell, and not the queue; the history is that of its whole journal."""
    best, state = history.best, own_state(run, history, liveness)
    notes = run_notes.read(run)
    return RunSummary(
        number=run.number,
        name=run.name,
        path=str(run.path),
        state=state,
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
        **recipe_facts(run, history),
        tags=notes.tags,
        note=notes.note,
        race=race_of(notes.tags),
        step=history.step,
        best_epoch=best.epoch if best else None,
        loss=known(best.loss) if best else None,
        ended=history.last_time if liveness == "gone" else 0.0,
        numbers=newest_numbers(history),
    )


def race_of(tags: Sequence[str]) -> str:
    """The label of the race that a run with these tags belongs to; "" if to none."""
    return next((tag[len(RACE_TAG) :] for tag in tags if tag.startswith(RACE_TAG)), "")


def error_of(run: RunDir, history: History) -> str:
    """Why the run failed."""
    return history.ended.error if history.ended is not None else engine_death.sentence(run)


def recipe_facts(run: RunDir, history: History) -> dict[str, Any]:
    """What the newest attempt was asked for; before the first one, what the file asks for."""
    if history.watched is not None:
        return {"arch": "", "data": "", "settings": dict(history.watched.settings)}
    recipe = history.recipe or _recipe_in(run)
    if recipe is None:
        return {"arch": "", "data": ""}
    arch, data = short_names(recipe)
    return {
        "arch": arch,
        "data": data,
        "preset": recipe.preset,
        "settings": {key: v for key, v in plain(recipe).items() if v != DEFAULT_SETTINGS[key]},
        "changed": _changed(recipe),
    }


def _changed(recipe: Recipe) -> tuple[str, ...]:
    """The fields that differ from the preset; none where that is not known to this version."""
    with contextlib.suppress(EngineError):
        return tuple(difference_from_preset(recipe))
    return ()


def plain(recipe: Recipe) -> dict[str, Any]:
    """The fields of a recipe as JSON has them: a tuple is a list."""
    return msgspec.json.decode(msgspec.json.encode(recipe), type=dict[str, Any])


DEFAULT_SETTINGS: Mapping[str, Any] = plain(Recipe())


def _recipe_in(run: RunDir) -> Recipe | None:
    """The recipe in the run's file; None if that cannot be read."""
    with contextlib.suppress(EngineError):
        return build_recipe(file=read_fields(run.recipe))
    return None


# What a summary has as a field of its own, or what no list asks for.
_LEFT_OUT = frozenset(("time", "epoch", "step", "best", "loss", "top1", "test_top1"))


def newest_numbers(history: History) -> dict[str, Measured]:
    """The newest values of the scalars, and of what the last epoch and the test reported."""
    found: dict[str, Measured] = {
        scalar_name(name): curve.last
        for name, curve in history.scalars.items()
        if name != IMAGES_PER_SECOND
    }
    for report in (*history.epochs[-1:], history.ended):
        if report is not None:
            found |= numbers_of(report)
    return {name: value for name, value in found.items() if name not in _LEFT_OUT}
