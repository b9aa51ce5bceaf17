"""The run folders of a race: all of them are made, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from engine.racing import race_file
from engine.racing.race import Race, RaceRun
from engine.racing.raced_recipes import first_seed, recipe_of
from engine.racing.run_results import found_runs
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_toml import as_setting, to_toml
from engine.run import run_creation, run_lock, run_notes
from engine.run.run_lock import Claim
from engine.run.run_notes import RACE_TAG, RunNotes
from engine.run.run_trash import trash_of
from engine.start import launch

LONGEST_NAME = 100


def planned_runs(
    race: Race, recipes: Sequence[tuple[dict[str, object], Recipe]], runs_dir: Path
) -> list[RaceRun]:
    """The runs of these settings and their recipes, one a seed, with claimed labels.

    Raises as `run_creation.claim_labels`.
    """
    seeds = [first_seed(race) + index for index in range(race.seeds)]
    each = [(settings, recipe, seed) for settings, recipe in recipes for seed in seeds]
    names = [_name(race, settings, recipe, seed) for settings, recipe, seed in each]
    labels = run_creation.claim_labels(runs_dir, names)
    return [
        RaceRun(label, settings, seed)
        for label, (settings, _, seed) in zip(labels, each, strict=True)
    ]


def _name(race: Race, settings: Mapping[str, object], recipe: Recipe, seed: int) -> str:
    """`lenet5-digits-lr0.1-s2`: what differs between the runs of a race."""
    told = [f"{key}{as_setting(value)}" for key, value in settings.items() if key != "arch"]
    last = f"-s{seed}" if race.seeds > 1 else ""
    name = run_creation.safe_name("-".join([launch.default_name(recipe), *told]))
    return name[: LONGEST_NAME - len(last)].rstrip(".-") + last


def with_runs_made(runs_dir: Path, race: Race) -> Race:
    """The race, once all the runs that its file names have their folders, and the file says so.

    The file names them before: so a process that ends meanwhile leaves no run that belongs to no
    race, and the next one goes on. The caller holds the lock of the runs folder. Raises RunError if
    a folder cannot be made, or the file cannot be written; then none of these folders stays.
    """
    if race.made == len(race.runs):
        return race
    complete = replace(race, made=len(race.runs))
    made: list[Claim] = []
    try:
        for run in _missing_runs(runs_dir, race):
            recipe = recipe_of(race, run.settings, run.seed, runs_dir)
            made.append(run_creation.create_labelled(runs_dir, run.run, to_toml(recipe)))
            run_notes.write(made[-1].run, RunNotes(tags=(f"{RACE_TAG}{race.label}",)))
        race_file.write(runs_dir, complete)
    except BaseException:
        for claim in made:
            run_creation.remove(claim.run)
        raise
    finally:
        for claim in made:
            run_lock.release(claim)
    return complete


def _missing_runs(runs_dir: Path, race: Race) -> list[RaceRun]:
    """Those of the runs to be made that have no folder, under whatever name, nor in the trash."""
    runs = race.runs[race.made :]
    places = [
        found_runs(place, (run.run for run in runs)) for place in (runs_dir, trash_of(runs_dir))
    ]
    return [run for run in runs if not any(place[run.run].recipe.exists() for place in places)]
