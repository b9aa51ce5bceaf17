"""Chooses the next recipe of a race by TPE, with Optuna, which is optional.

TPE is the tree-structured Parzen estimator (Bergstra et al., 2011). The study lives in memory: it
is made anew from the runs before each choice, and its random numbers start from the number of the
trial. So a race that was killed chooses what an unbroken one chooses.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.comparison.seed_groups import settings_key
from engine.errors import UsageError
from engine.racing import race_file, race_folders, raced_recipes, racing_text
from engine.racing.race import Race
from engine.racing.race_request import combinations
from engine.racing.run_results import RunResults
from engine.racing.rungs import LAST, score

if TYPE_CHECKING:
    import optuna

# Optuna often suggests what was tried already, and then another sampler may suggest something else.
SUGGESTIONS = 20


def check_installed() -> None:
    """Raise UsageError if Optuna is not installed."""
    if find_spec("optuna") is None:
        raise UsageError(racing_text.NO_OPTUNA)


def with_next_recipe(runs_dir: Path, race: Race, results: Mapping[str, RunResults]) -> Race:
    """The race with the runs of another recipe; the same race if it has tried all that it may.

    Raises UsageError if Optuna is not installed, and RunError as `with_runs_made`, whose lock the
    caller holds.
    """
    settings = next_settings(race, results)
    if settings is None:
        return race
    recipe = raced_recipes.recipe_of(race, settings, raced_recipes.first_seed(race), runs_dir)
    planned = race_folders.planned_runs(race, [(settings, recipe)], runs_dir)
    longer = replace(race, runs=(*race.runs, *planned))
    race_file.write(runs_dir, longer)
    return race_folders.with_runs_made(runs_dir, longer)


def next_settings(race: Race, results: Mapping[str, RunResults]) -> dict[str, object] | None:
    """The settings to try next; None if as many as wanted were tried."""
    if not race.recipes_to_come:
        return None
    tried = {settings_key(recipe[0].settings) for recipe in race.recipes}
    left = [each for each in combinations(race.choices) if settings_key(each) not in tried]
    untried = {settings_key(each): each for each in left}
    suggested = itertools.islice(_suggestions(race, results), SUGGESTIONS)
    found = (untried[key] for each in suggested if (key := settings_key(each)) in untried)
    return next(found, left[len(tried) % len(left)])


def _suggestions(race: Race, results: Mapping[str, RunResults]) -> Iterator[dict[str, object]]:
    """What TPE suggests, again and again: it remembers no suggestion."""
    import optuna

    check_installed()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # not a line for each study
    # By index: Optuna compares values as Python does, where 1, 1.0 and True are one.
    space = {
        key: optuna.distributions.CategoricalDistribution(range(len(values)))
        for key, values in race.choices.items()
    }
    for attempt in range(SUGGESTIONS):
        seed = len(race.recipes) * SUGGESTIONS + attempt
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.add_trials(_trials(race, results, space))
        chosen = study.ask(space).params
        yield {key: values[chosen[key]] for key, values in race.choices.items()}


def _trials(
    race: Race,
    results: Mapping[str, RunResults],
    space: dict[str, optuna.distributions.BaseDistribution],
) -> Iterator[optuna.trial.FrozenTrial]:
    """What has been tried, with its error; one that failed has the error of a network that guesses.

    As a failed trial, TPE would forget it, and try its neighbours again and again.
    """
    import optuna

    for recipe in race.recipes:
        error = score([results[run.run] for run in recipe], LAST).error
        params = {
            key: values.index(recipe[0].settings[key]) for key, values in race.choices.items()
        }
        yield optuna.trial.create_trial(params=params, distributions=space, value=min(1.0, error))
