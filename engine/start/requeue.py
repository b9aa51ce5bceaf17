"""Serves `--name X --resume auto`, a command line that a scheduler repeats unchanged."""

from __future__ import annotations

import contextlib
from collections.abc import Container
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import EngineError, UsageError
from engine.recipes.recipe import CHANGEABLE, FIELDS, Recipe, Resolved
from engine.recipes.recipe_building import read_recipe
from engine.recipes.recipe_toml import as_setting
from engine.run import run_search
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.run.runs_folder_lock import locked_runs_folder
from engine.start import launch, recipe_resolution, start_text
from engine.start.resume import ResumeRequest, is_done, most_planned_epochs, resume

# The fields that identify a run. Other values mean another run.
IDENTITY = ("arch", "data")
# The fields that may differ: a run takes them from each command line, or no longer needs them.
MAY_DIFFER = ("device", "gpus", "init_from")


class Requeued(NamedTuple):
    """The run that a command line with a name leads to.

    `claim` is None if the run is done and nothing must start. `request` is what the command line
    asks of a run that resumes. `ignored` is a sentence about the settings of the command line
    that the run ignores, else "".
    """

    run: RunDir
    recipe: Recipe
    claim: Claim | None
    request: ResumeRequest = ResumeRequest()
    ignored: str = ""


def newest_named(runs_dir: Path, name: str) -> RunDir | None:
    """The newest run of this name."""
    return next((run for run in run_search.list_runs(runs_dir) if run.name == name), None)


def resume_or_create(
    requested: Recipe, given: Container[str], runs_dir: Path, name: str, *, force: bool = False
) -> Requeued:
    """Resume the newest run of this name, or create one if there is none.

    An existing run takes from `requested` only the fields that the command line has `given`. Raises
    UsageError if these identify another run, RunError if the run is already running, and what
    `launch.create` raises.
    """
    with locked_runs_folder(runs_dir):
        run = newest_named(runs_dir, name)
        if run is None:
            claim = launch.create(requested, runs_dir, name)
            return Requeued(claim.run, requested, claim)
        return _resume_again(run, requested, given, force=force)


class AskedAgain(NamedTuple):
    """What a repeated command line asks of a run; `request` is None if the run is done.

    `ignored` is as in `Requeued`.
    """

    recipe: Recipe
    request: ResumeRequest | None
    ignored: str


def _resume_again(
    run: RunDir, requested: Recipe, given: Container[str], *, force: bool
) -> Requeued:
    recipe, request, ignored = asked_again(run, requested, given, force=force)
    if request is None:
        return Requeued(run, recipe, None, ignored=ignored)
    claim, resumed = resume(run, request)
    return Requeued(run, resumed, claim, request, ignored)


def asked_again(
    run: RunDir, requested: Recipe, given: Container[str], *, force: bool = False
) -> AskedAgain:
    """What the fields that a command line has `given` ask of a run.

    Raises UsageError if they identify another run.
    """
    recipe = read_recipe(run.recipe)
    ignored = _ignored_settings(run, recipe, requested, given)
    # A steered total stays, unless the command line asks for more epochs than were ever planned.
    more = "epochs" in given and requested.epochs > most_planned_epochs(run, recipe)
    epochs = requested.epochs if more else None
    if epochs is None and is_done(run):
        return AskedAgain(recipe, None, ignored)
    gpus = requested.gpus if "gpus" in given else None
    device = requested.device if "device" in given and requested.device != "auto" else None
    return AskedAgain(recipe, ResumeRequest(epochs, gpus, device, force=force), ignored)


def _ignored_settings(run: RunDir, recipe: Recipe, requested: Recipe, given: Container[str]) -> str:
    """A sentence about the given settings that the run ignores; "" if there are none.

    Raises UsageError if such a setting identifies another run.
    """
    with contextlib.suppress(EngineError):  # the file is gone: then the names differ anyway
        recipe = recipe_resolution.with_absolute_paths(recipe)
    pairs = {key: (getattr(recipe, key), getattr(requested, key)) for key in FIELDS if key in given}
    different = {
        key: (as_setting(has), as_setting(asked))
        for key, (has, asked) in pairs.items()
        if not _satisfies(key, has, asked)
    }
    if another := {key: different[key] for key in IDENTITY if key in different}:
        raise UsageError(start_text.another_run(run.label, another))
    selector = run.selector
    keeps = start_text.keeps_its_settings
    return keeps(run.label, selector, different, CHANGEABLE) if different else ""


def _satisfies(key: str, has: Any, asked: Any) -> bool:
    """Whether a run with one value of a field fits a command line that asks for another."""
    if key == "epochs":
        return bool(asked >= has)
    left_open = asked == "auto" and key in Resolved.__struct_fields__
    return key in MAY_DIFFER or asked == has or left_open
