"""Going on with a run that no engine holds: whether it may, where, and with which recipe."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engine import text
from engine.errors import EngineError, RunError, UsageError
from engine.protocol.commands import MOST_EPOCHS
from engine.protocol.events import Checkpointed, Steered
from engine.recipes.recipe import FIELDS, Recipe, Resolved
from engine.recipes.recipe_building import build_recipe, fields_for_device
from engine.recipes.recipe_toml import as_setting, read_fields, to_toml
from engine.run import run_lock, run_search
from engine.run.durable_files import write_durably
from engine.run.history import History
from engine.run.journal_search import excerpt, latest
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import launch, recipe_resolution, start_text

# What makes another run of it: nobody means to go on with that.
IDENTITY = ("arch", "data")
# Where a run goes on is for each command line to say; what it began with is behind it.
FREE = ("device", "gpus", "init_from")


def resume(
    run: RunDir,
    epochs: int | None = None,
    gpus: int | str | None = None,
    device: str | None = None,
    *,
    force: bool = False,
) -> tuple[Claim, Recipe]:
    """The lock of a run that no engine holds, and its recipe as resolved, for so many `gpus`.

    A run that is done goes on only for more `epochs` in all; one that is silent only by `force`. On
    another `device` it stays: its recipe then says so, and is resolved anew at the start.
    Raises RunError where it is already running or done, UsageError where its recipe cannot be read
    or it has trained for so long already, and as `launch.ranks` and `launch.check_device`.
    """
    _check_total(run, epochs)
    known = read_fields(run.recipe)
    file = _file(known, device)
    chosen = build_recipe(file=file, flags={} if gpus is None else {"gpus": gpus})
    launch.ranks(chosen)
    claim = Claim(run, run_lock.acquire(run, force=force))
    if file is not known:
        _rewrite(run, chosen)
    return claim, chosen


def _file(known: Mapping[str, object], device: str | None) -> Mapping[str, object]:
    """The recipe file to go on with: the run's own, or what becomes of it on another device."""
    if device is None or device == build_recipe(file=known).device:
        return known
    file = fields_for_device(known, device)
    launch.check_device(build_recipe(file=file).device)
    return file


def _rewrite(run: RunDir, chosen: Recipe) -> None:
    try:
        write_durably(run.recipe, to_toml(chosen).encode())
    except OSError as error:
        raise RunError(text.cannot_write(run.recipe, text.reason(error))) from error


def _check_total(run: RunDir, epochs: int | None) -> None:
    """Raise where the run cannot go on to so many epochs in all: RunError where none are said."""
    if epochs is None:
        if is_done(run):
            raise RunError(start_text.already_done(run.label))
        return
    if epochs > MOST_EPOCHS:
        raise UsageError(text.too_many_epochs(MOST_EPOCHS))
    if epochs < (least := least_epochs(run)):
        raise UsageError(start_text.trained_already(run.label, least - 1))


def least_epochs(run: RunDir) -> int:
    """After how many epochs the run can end at the earliest."""
    last = _last_save(run)
    return last.epoch + (last.reason == "epoch") if last is not None else 1


def _last_save(run: RunDir) -> Checkpointed | None:
    """What the run's journal says of the checkpoint that it goes on from."""
    if not (run.checkpoints / "last.pt").exists():
        return None
    saves = (save for save in latest(run.journal, Checkpointed) if save.file == "last.pt")
    return next(saves, None)


def _most_planned(run: RunDir, own: Recipe) -> int:
    """The largest total of epochs that the run ever had, up to where it goes on from.

    What was steered after the last save is taken back when the run goes on.
    """
    last = _last_save(run)
    if last is None:
        return own.epochs
    kept = (s for s in latest(run.journal, Steered) if s.seq < last.seq and s.step <= last.step)
    return max([own.epochs, *(steered.epochs for steered in kept)])


def is_done(run: RunDir) -> bool:
    """Whether the run has come to its planned end."""
    history = History()
    history.fold(excerpt(run.journal))
    return history.ended is not None and history.ended.reason == "done"


# The same command line again and again


class Requeued(NamedTuple):
    """What a command line with a name comes to.

    `claim` is None where the run is done and there is nothing to start; `epochs` is another total
    than its recipe's, and `unheeded` a sentence on what the run does not take from the command
    line.
    """

    run: RunDir
    recipe: Recipe
    claim: Claim | None
    epochs: int | None = None
    unheeded: str = ""


def named(runs_dir: Path, name: str) -> RunDir | None:
    """The newest run of this name."""
    return next((run for run in run_search.list_runs(runs_dir) if run.name == name), None)


def resume_or_create(
    chosen: Recipe, said: Container[str], runs_dir: Path, name: str, *, force: bool = False
) -> Requeued:
    """The newest run of this name to go on with, a new one where there is none.

    So the same command line may be given again and again, as a scheduler does. Of `chosen` only
    the fields that were `said` concern a run that is there. Raises UsageError where they make
    another run of it, RunError where it is already running, and what `launch.create` raises.
    """
    with run_lock.locked_runs_folder(runs_dir):
        known = named(runs_dir, name)
        if known is None:
            claim = launch.create(chosen, runs_dir, name)
            return Requeued(claim.run, chosen, claim)
        return _again(known, chosen, said, force=force)


def _again(run: RunDir, chosen: Recipe, said: Container[str], *, force: bool) -> Requeued:
    own = build_recipe(file=read_fields(run.recipe))
    unheeded = _unheeded(run, own, chosen, said)
    # Whatever a person made of the total stands, until more is asked for than there ever was.
    more = "epochs" in said and chosen.epochs > _most_planned(run, own)
    epochs = chosen.epochs if more else None
    if epochs is None and is_done(run):
        return Requeued(run, own, None, unheeded=unheeded)
    gpus = chosen.gpus if "gpus" in said else None
    device = chosen.device if "device" in said and chosen.device != "auto" else None
    claim, resumed = resume(run, epochs, gpus, device, force=force)
    return Requeued(run, resumed, claim, epochs, unheeded)


def _unheeded(run: RunDir, own: Recipe, chosen: Recipe, said: Container[str]) -> str:
    """What the run does not take from a command line, as a sentence, if anything.

    Raises UsageError where that is what makes the run.
    """
    with contextlib.suppress(EngineError):  # what is not there is not what was asked for
        own = recipe_resolution.absolute(own)
    values = {key: (getattr(own, key), getattr(chosen, key)) for key in FIELDS if key in said}
    unlike = {
        key: (as_setting(has), as_setting(asked))
        for key, (has, asked) in values.items()
        if not _heeds(key, has, asked)
    }
    if another := {key: unlike[key] for key in IDENTITY if key in unlike}:
        raise UsageError(start_text.another_run(run.label, another))
    return start_text.goes_on_as_it_began(run.label, unlike) if unlike else ""


def _heeds(key: str, has: Any, asked: Any) -> bool:
    """Whether a run that has one value of a field goes on as the other one asks."""
    if key == "epochs":
        return bool(asked >= has)
    left_open = asked == "auto" and key in Resolved.__struct_fields__
    return key in FREE or asked == has or left_open
