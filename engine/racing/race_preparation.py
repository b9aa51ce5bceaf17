"""Prepares a race: checks all its recipes, then makes its runs and its file."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path

from msgspec.structs import replace

from engine import text
from engine.catalog import data_names
from engine.errors import RunError, UsageError
from engine.racing import race_file, race_folders, raced_recipes, racing_text, tree_sampler
from engine.racing.race import Race
from engine.racing.race_request import RaceRequest, combinations
from engine.run.run_creation import NAME, safe_name
from engine.run.run_paths import numbered_names
from engine.run.runs_folder_lock import locked_runs_folder
from engine.start import recipe_resolution

# So many runs are hardly meant.
MANY_RUNS = 1000


def prepare(runs_dir: Path, request: RaceRequest, *, however_many: bool = False) -> Race:
    """Create a race with its runs; nothing trains yet.

    Raises UsageError and DataError, with nothing made, for what cannot be trained or compared, for
    a single run, and for more than `MANY_RUNS` of them unless `however_many`. Raises RunError for
    folders that cannot be made.
    """
    race = _planned(request)
    recipe_count = math.prod(map(len, race.choices.values()))
    race = replace(race, trials=min(race.trials, recipe_count))
    count = race.seeds * (race.trials or recipe_count)
    if count == 1:
        raise UsageError(racing_text.NOTHING_TO_COMPARE)
    if count > MANY_RUNS and not however_many:  # first, since to check so many takes minutes
        raise UsageError(racing_text.many_runs(count))
    recipes = raced_recipes.check_recipes(race, runs_dir)
    race = raced_recipes.with_absolute_paths(race, recipes[0])
    name = request.name or safe_name(data_names.short_name(recipes[0].data)) or "race"
    if not NAME.fullmatch(name):
        raise UsageError(racing_text.bad_name(name))
    with locked_runs_folder(runs_dir):  # nobody goes on with it before it is whole
        label = _claim_label(runs_dir, name)
        try:
            return _created(runs_dir, replace(race, label=label))
        except BaseException:
            shutil.rmtree(race_file.races_folder(runs_dir) / label, ignore_errors=True)
            raise


def _planned(request: RaceRequest) -> Race:
    """The race as it was asked for, not checked yet."""
    base, choices = request.fields()
    if request.sampler == "tpe":
        tree_sampler.check_installed()
        if not request.trials:
            raise UsageError(racing_text.TRIALS_MISSING)
        if request.halving:
            raise UsageError(racing_text.TPE_WITH_HALVING)
    elif request.trials:
        raise UsageError(racing_text.TRIALS_OF_A_GRID)
    if "seed" in choices:
        raise UsageError(racing_text.SEEDS)
    seen = recipe_resolution.look_at_images(base)
    return Race(
        label="",
        base=base,
        choices=choices,
        seeds=request.seeds,
        halving=request.halving,
        budget=request.budget,
        sampler=request.sampler,
        trials=request.trials,
        side=seen.shorter_side,
        images=seen.training,
    )


def _claim_label(runs_dir: Path, name: str) -> str:
    """Make the folder of a new race; the caller holds the lock of the runs folder."""
    folder = race_file.races_folder(runs_dir)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        last = max((number for number, _ in numbered_names(folder)), default=0)
        label = f"{last + 1}-{name}"
        os.mkdir(folder / label, mode=0o700)
    except OSError as error:
        raise RunError(text.cannot_write(folder, text.refused(error))) from error
    return label


def _created(runs_dir: Path, race: Race) -> Race:
    """The race with its runs: those of all recipes, or of the first one that is to be tried."""
    if race.sampler == "tpe":
        return tree_sampler.with_next_recipe(runs_dir, race, {})
    settings = combinations(race.choices)
    seed = raced_recipes.first_seed(race)
    recipes = [(each, raced_recipes.recipe_of(race, each, seed, runs_dir)) for each in settings]
    race = replace(race, runs=tuple(race_folders.planned_runs(race, recipes, runs_dir)))
    race_file.write(runs_dir, race)
    return race_folders.with_runs_made(runs_dir, race)
