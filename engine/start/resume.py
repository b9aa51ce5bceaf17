"""Resumes a run that no engine holds: checks whether it can continue, and with which recipe."""

from __future__ import annotations

from collections.abc import Mapping

from engine import text
from engine.errors import RunError, UsageError
from engine.protocol.events import Checkpointed, Steered
from engine.recipes.recipe import MOST_EPOCHS, Recipe
from engine.recipes.recipe_building import build_recipe, fields_for_device
from engine.recipes.recipe_toml import read_fields, to_toml
from engine.run import run_lock
from engine.run.durable_files import write_durably
from engine.run.history import History
from engine.run.journal_search import excerpt, newest_first
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import start_text
from engine.start.device_request import check_device, count_ranks


def resume(
    run: RunDir,
    epochs: int | None = None,
    gpus: int | str | None = None,
    device: str | None = None,
    *,
    force: bool = False,
) -> tuple[Claim, Recipe]:
    """Lock a run that no engine holds. Returns its lock and its resolved recipe.

    A run that is done needs a larger total of `epochs`, and a silent run needs `force`. Another
    `device` is written into the run's recipe, and every `auto` is then resolved again at the start.
    Raises RunError if the run is running or done; UsageError if its recipe cannot be read, or if it
    has already trained that many epochs; and what `count_ranks` and `check_device` raise.
    """
    _check_total(run, epochs)
    fields = read_fields(run.recipe)
    new_fields = _fields_on(device, fields)
    recipe = build_recipe(file=new_fields, flags={} if gpus is None else {"gpus": gpus})
    count_ranks(recipe)
    claim = Claim(run, run_lock.acquire(run, force=force))
    if new_fields is not fields:
        _rewrite(run, recipe)
    return claim, recipe


def _fields_on(device: str | None, fields: Mapping[str, object]) -> Mapping[str, object]:
    """The run's recipe fields, changed if they are for another device."""
    if device is None or device == build_recipe(file=fields).device:
        return fields
    changed = fields_for_device(fields, device)
    check_device(build_recipe(file=changed).device)
    return changed


def _rewrite(run: RunDir, recipe: Recipe) -> None:
    try:
        write_durably(run.recipe, to_toml(recipe).encode())
    except OSError as error:
        raise RunError(text.cannot_write(run.recipe, text.reason(error))) from error


def _check_total(run: RunDir, epochs: int | None) -> None:
    """Raise UsageError if the run cannot train to this total of epochs.

    Without a total, raise RunError if the run is done.
    """
    if epochs is None:
        if is_done(run):
            raise RunError(start_text.already_done(run.label))
        return
    if epochs > MOST_EPOCHS:
        raise UsageError(text.too_many_epochs(MOST_EPOCHS))
    if epochs < (least := least_epochs(run)):
        raise UsageError(start_text.trained_already(run.label, least - 1))


def least_epochs(run: RunDir) -> int:
    """The smallest total of epochs with which the run can be resumed."""
    last = _last_save(run)
    return last.epoch + (last.reason == "epoch") if last is not None else 1


def _last_save(run: RunDir) -> Checkpointed | None:
    """The event of the checkpoint from which the run resumes."""
    if not (run.checkpoints / "last.pt").exists():
        return None
    saves = (save for save in newest_first(run.journal, Checkpointed) if save.file == "last.pt")
    return next(saves, None)


def most_planned_epochs(run: RunDir, recipe: Recipe) -> int:
    """The largest total of epochs that the run had before its last save.

    Steering after that save is lost when the run resumes.
    """
    last = _last_save(run)
    if last is None:
        return recipe.epochs
    kept = (
        s for s in newest_first(run.journal, Steered) if s.seq < last.seq and s.step <= last.step
    )
    return max([recipe.epochs, *(steered.epochs for steered in kept)])


def is_done(run: RunDir) -> bool:
    """Whether the run has reached its planned end."""
    history = History()
    history.fold(excerpt(run.journal))
    return history.ended is not None and history.ended.reason == "done"
