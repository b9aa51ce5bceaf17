"""Resumes a run that no engine holds: checks whether it can continue, and with which recipe."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from engine import text
from engine.catalog import data_names
from engine.data.inventory import data_inventory
from engine.errors import RunError, UsageError
from engine.protocol.events import Checkpointed, RunStarted, Steered
from engine.recipes import part_checks, recipe_text
from engine.recipes.field_checks import checked
from engine.recipes.recipe import CHANGEABLE, FIELDS, MOST_EPOCHS, Recipe
from engine.recipes.recipe_building import build_recipe, fields_for_device
from engine.recipes.recipe_toml import notes_in, read_fields, read_toml, to_toml, with_changes
from engine.run import run_lock
from engine.run.history import History
from engine.run.journal_search import excerpt, newest_first
from engine.run.kept_decisions import with_kept
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import recipe_change, recipe_resolution, start_text
from engine.start.device_request import check_device, count_ranks


class ResumeRequest(NamedTuple):
    """What a command line asks of a run that it resumes; None keeps what the run has.

    `epochs` is a new total. `settings` are other values of fields that a resume may change. `force`
    resumes a silent run, and one whose images have changed.
    """

    epochs: int | None = None
    gpus: int | str | None = None
    device: str | None = None
    settings: Mapping[str, object] = {}
    force: bool = False

    @property
    def engine_options(self) -> tuple[str, ...]:
        """The options of the engine that trains on."""
        epochs = () if self.epochs is None else ("--epochs", str(self.epochs))
        return (*epochs, *(("--force",) if self.force else ()))


def resume_request(
    run: RunDir,
    settings: Mapping[str, object],
    epochs: int | None = None,
    gpus: int | str | None = None,
    device: str | None = None,
    *,
    force: bool = False,
) -> ResumeRequest:
    """The request of a command line; `epochs` overrides the one among the settings.

    Raises UsageError for a field that does not exist or that a resume may not change, and for a
    value that it cannot have, and DataError for data that is not there.
    """
    if unknown := [key for key in settings if key not in FIELDS]:
        can = start_text.can_change(CHANGEABLE)
        raise UsageError(recipe_text.unknown_key(unknown[0], FIELDS, can))
    if refused := [key for key in settings if key not in CHANGEABLE]:
        raise UsageError(start_text.cannot_change(run.selector, refused, CHANGEABLE))
    changed = {key: checked(key, value) for key, value in settings.items()}
    total = changed.pop("epochs", None)
    if "data" in changed:
        changed["data"] = recipe_resolution.resolve_data(changed["data"])
        of_run = with_kept(build_recipe(file=read_fields(run.recipe)), run)
        recipe_resolution.check_data(msgspec.structs.replace(of_run, data=changed["data"]))
    if "data_dir" in changed:
        changed["data_dir"] = recipe_resolution.absolute_path(changed["data_dir"])
    if "cache" in changed:
        changed["cache"] = recipe_resolution.cache_folder(changed["cache"])
    return ResumeRequest(total if epochs is None else epochs, gpus, device, changed, force)


def resume(run: RunDir, request: ResumeRequest) -> tuple[Claim, Recipe]:
    """Lock a run that no engine holds. Returns its lock and its resolved recipe.

    A run that is done needs a larger total of epochs, or other patience if patience has ended it.
    Another total, other settings and another device are written into the run's recipe, until its
    engine refuses them. On another device, every `auto` is resolved again at the start. Raises
    RunError if the run is running or done; UsageError if its recipe cannot be read, or if it has
    already trained that many epochs; and what `count_ranks` and `check_device` raise.
    """
    recipe, toml = resumed_recipe(run, request)
    claim = Claim(run, run_lock.acquire(run, force=request.force))
    recipe_change.change(run, toml)
    return claim, recipe


def resumed_recipe(run: RunDir, request: ResumeRequest) -> tuple[Recipe, str]:
    """The recipe with which a run would resume, and its file. Raises as `resume` does."""
    toml, fields = read_toml(run.recipe), read_fields(run.recipe)
    _check_total(run, request)
    gpus = {} if request.gpus is None else {"gpus": request.gpus}
    if request.device not in (None, build_recipe(file=fields).device):
        fields = fields_for_device(fields, str(request.device))
        check_device(build_recipe(file=fields).device)
        toml = "".join(notes_in(toml)) + to_toml(build_recipe(file=fields, flags=gpus))
    before = build_recipe(file=fields, flags=gpus)
    total = {} if request.epochs is None else {"epochs": request.epochs}
    asked = {**total, **request.settings}
    changed = {key: value for key, value in asked.items() if value != getattr(before, key)}
    if changed:
        pairs = {key: (getattr(before, key), value) for key, value in changed.items()}
        note = start_text.recipe_note(least_epochs(run) - 1, pairs)
        toml = with_changes(toml, changed, note)
    recipe = msgspec.structs.replace(before, **changed)
    part_checks.check(recipe)
    count_ranks(recipe)
    if data_names.is_path(recipe.data):
        _check_own_data(run, recipe)
    return recipe, toml


def _check_own_data(run: RunDir, recipe: Recipe) -> None:
    """Raise RunError if the data is gone or has other classes; the engine checks more."""
    if not os.path.exists(recipe.data):
        raise RunError(start_text.data_gone(run.selector, recipe.data))
    started = next(newest_first(run.journal, RunStarted), None)
    if started is None or last_save(run) is None:
        return
    now = data_inventory.class_names(recipe)
    if now != started.classes:  # a glance may have missed one
        now = data_inventory.labelled_images(recipe).classes
    if now != started.classes:
        selector = run.selector
        raise RunError(start_text.other_classes(run.label, selector, started.classes, now))


def _check_total(run: RunDir, request: ResumeRequest) -> None:
    """Raise UsageError if the run cannot train to this total of epochs.

    Without a total, raise RunError if the run is done, unless other patience lets it go on.
    """
    epochs = request.epochs
    if epochs is None:
        if is_done(run) and not ("patience" in request.settings and has_epochs_left(run)):
            raise RunError(start_text.already_done(run.label, run.selector))
        return
    if epochs > MOST_EPOCHS:
        raise UsageError(text.too_many_epochs(MOST_EPOCHS))
    if epochs < (least := least_epochs(run)):
        raise UsageError(start_text.trained_already(run.label, least - 1))


def least_epochs(run: RunDir) -> int:
    """The smallest total of epochs with which the run can be resumed."""
    last = last_save(run)
    return last.epoch + (last.reason == "epoch") if last is not None else 1


def rests(run: RunDir, until: int) -> bool:
    """Whether the run has been trained to the end of this epoch; 0 is the end of its plan."""
    return bool(until) and least_epochs(run) > until


def last_save(run: RunDir) -> Checkpointed | None:
    """The event of the checkpoint from which the run resumes."""
    if not (run.checkpoints / "last.pt").exists():
        return None
    saves = (save for save in newest_first(run.journal, Checkpointed) if save.file == "last.pt")
    return next(saves, None)


def most_planned_epochs(run: RunDir, recipe: Recipe) -> int:
    """The largest total of epochs that the run had before its last save.

    What was steered or asked for after that save is lost if the run resumes without it.
    """
    last = last_save(run)
    if last is None:
        return recipe.epochs
    kept = (
        s for s in newest_first(run.journal, Steered) if s.seq < last.seq and s.step <= last.step
    )
    starts = (s for s in newest_first(run.journal, RunStarted) if s.seq < last.seq)
    started = next(starts, None)
    began = recipe if started is None or started.recipe is None else started.recipe
    return max([began.epochs, *(steered.epochs for steered in kept)])


def is_done(run: RunDir) -> bool:
    """Whether the run has reached its planned end, or patience has ended it."""
    ended = _history(run).ended
    return ended is not None and ended.reason == "done"


def has_epochs_left(run: RunDir) -> bool:
    """Whether the run has not trained all its planned epochs."""
    return least_epochs(run) <= (_history(run).epochs_planned or 0)


def _history(run: RunDir) -> History:
    history = History()
    history.fold(excerpt(run.journal))
    return history
