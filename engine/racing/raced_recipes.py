"""The recipes of a race, all of them checked before the first folder is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from engine.errors import EngineError, UsageError
from engine.racing import racing_text
from engine.racing.race import Race
from engine.racing.race_request import combinations
from engine.recipes.recipe import Recipe
from engine.start import data_requests, recipe_resolution
from engine.start.device_request import check_device, count_ranks

# The fields that decide which images validate, or how they look. Accuracies on different images
# tell nothing about the recipes.
DATA_FIELDS = (
    *("data", "data_dir", "holdout", "labels", "class_order", "class_names", "bands", "levels"),
    *("backdrop", "broken", "image_column", "label_column"),
)


def recipe_of(race: Race, settings: Mapping[str, object], seed: int, runs_dir: Path) -> Recipe:
    """The recipe of a race with these settings. Raises as `recipe_of_fields`."""
    fields = {**settings, "seed": seed}
    recipe = recipe_resolution.recipe_of_fields(race.base, {}, fields, runs_dir)
    source = recipe.init_from
    return replace(recipe, init_from=os.path.abspath(source)) if source else recipe


def first_seed(race: Race) -> int:
    """The seed of the first run of each recipe; the others have the next ones."""
    seed = race.base.get("seed", 0)
    assert isinstance(seed, int)
    return seed


def check_recipes(race: Race, runs_dir: Path) -> list[Recipe]:
    """All recipes of a race, of its first seed, checked with their devices and their data.

    Raises UsageError for a recipe that is not possible, with its settings, and for recipes of
    unequal data; and what `recipe_resolution.check_data` and `check_own_data` raise.
    """
    recipes = [_checked(race, settings, runs_dir) for settings in combinations(race.choices)]
    for field in DATA_FIELDS:
        values = [*{repr(getattr(recipe, field)): None for recipe in recipes}]
        if len(values) > 1:
            raise UsageError(racing_text.unequal_data(field, values))
    recipe_resolution.check_data(recipes[0])
    data_requests.check_own_data(recipes[0])
    return recipes


def _checked(race: Race, settings: Mapping[str, object], runs_dir: Path) -> Recipe:
    try:
        recipe = recipe_of(race, settings, first_seed(race), runs_dir)
        for seed in range(1, race.seeds):  # the last one may be too large
            recipe_of(race, settings, first_seed(race) + seed, runs_dir)
        check_device(recipe.device)
        count_ranks(recipe)
    except EngineError as error:
        raise UsageError(racing_text.impossible(str(error), settings)) from error
    return recipe


def resolved_base(race: Race, runs_dir: Path) -> dict[str, object]:
    """The fields that all recipes share, with absolute paths: they mean the same from any folder.

    Names the data and the architecture that are taken if none is named. Raises as `check_recipes`.
    """
    settings = next(combinations(race.choices))
    recipe = _checked(race, settings, runs_dir)
    named = {*race.base, "arch", "data"} - settings.keys()
    paths = ("arch", "data", "data_dir", "class_names", "init_from")
    found = {key: getattr(recipe, key) for key in paths if key in named and getattr(recipe, key)}
    return {**race.base, **found}
