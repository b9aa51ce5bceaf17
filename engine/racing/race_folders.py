"""The run folders of a race: all of them are made, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from engine.racing.race import Race, RaceRun
from engine.racing.raced_recipes import first_seed, recipe_of
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_toml import as_setting, to_toml
from engine.run import run_creation, run_lock, run_notes
from engine.run.run_lock import Claim
from engine.run.run_notes import RunNotes
from engine.run.run_paths import TRASH
from engine.start import launch

LONGEST_NAME = 100
# Each run of a race has a tag of this and the label of the race.
TAG = "race:"


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


def create_runs(race: Race, runs: Iterable[RaceRun], runs_dir: Path) -> None:
    """Create the folders of these runs, for engines that start later.

    Raises RunError if one cannot be made; then none of them stays.
    """
    made: list[Claim] = []
    try:
        for run in runs:
            recipe = recipe_of(race, run.settings, run.seed, runs_dir)
            made.append(run_creation.create_labelled(runs_dir, run.run, to_toml(recipe)))
            run_notes.write(made[-1].run, RunNotes(tags=(f"{TAG}{race.label}",)))
    except BaseException:
        for claim in made:
            run_creation.remove(claim.run)
        raise
    finally:
        for claim in made:
            run_lock.release(claim)


def missing_runs(race: Race, runs_dir: Path) -> list[RaceRun]:
    """The runs of the newest recipe that were planned when a process ended, and have no folder."""
    newest = race.recipes[-1] if race.runs else ()
    places = [runs_dir, runs_dir / TRASH]
    return [run for run in newest if not any((place / run.run).exists() for place in places)]
