"""The recipes of a race, all of them checked before the first folder is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import json
from msgspec.structs import replace

from engine.errors import EngineError, UsageError
from engine.racing import racing_text
from engine.racing.race import Race
from engine.racing.race_request import combinations
from engine.recipes.field_checks import checked
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import SeenImages
from engine.start import data_requests, recipe_resolution
from engine.start.device_request import check_device, count_ranks
from engine.start.model_names import absolute_architecture

# The fields that decide which images validate, or how they look. Accuracies on different images
# tell nothing about the recipes.
DATA_FIELDS = (
    *(
        "data",
        "data_dir",
        "holdout",
        "labels",
        "decisions",
        "class_order",
        "class_names",
        "bands",
        "levels",
    ),
    *("backdrop", "broken", "image_column", "label_column"),
)


def recipe_of(race: Race, settings: Mapping[str, object], seed: int, runs_dir: Path) -> Recipe:
    """The recipe of a race with these settings. Raises as `recipe_of_fields`."""
    fields = {**settings, "seed": seed}
    seen = SeenImages(race.side, race.images)
    recipe = recipe_resolution.recipe_of_fields(race.base, {}, fields, runs_dir, seen=seen)
    source = recipe.init_from
    return replace(recipe, init_from=os.path.abspath(source)) if source else recipe


def first_seed(race: Race) -> int:
    """The seed of the first run of each recipe; the others have the next ones.

    Raises UsageError if the given one cannot be a seed.
    """
    seed: int = checked("seed", race.base.get("seed", 0))
    return seed


def check_recipes(race: Race, runs_dir: Path) -> list[Recipe]:
    """All recipes of a race, of its first seed, checked with their devices and their data.

    Raises UsageError for a recipe that is not possible, with its settings unless all have the same
    fault, and for recipes of unequal data; and what `check_data` and `check_own_data` raise.
    """
    found = [_checked(race, settings, runs_dir) for settings in combinations(race.choices)]
    faults = [each for each in found if isinstance(each, str)]
    for settings, sentence in zip(combinations(race.choices), found, strict=True):
        if isinstance(sentence, str):
            same = len(faults) == len(found) and len({*faults}) == 1
            raise UsageError(sentence if same else racing_text.impossible(sentence, settings))
    recipes = [each for each in found if isinstance(each, Recipe)]
    for field in DATA_FIELDS:
        values = [*{repr(getattr(recipe, field)): None for recipe in recipes}]
        if len(values) > 1:
            raise UsageError(racing_text.unequal_data(field, values))
    recipe_resolution.check_data(recipes[0])
    data_requests.check_own_data(recipes[0])
    return recipes


def _checked(race: Race, settings: Mapping[str, object], runs_dir: Path) -> Recipe | str:
    """The recipe of the first seed, or the sentence that says what is wrong with it."""
    try:
        recipe = recipe_of(race, settings, first_seed(race), runs_dir)
        recipe_of(race, settings, first_seed(race) + race.seeds - 1, runs_dir)  # the largest seed
        check_device(recipe.device)
        count_ranks(recipe)
    except EngineError as error:
        return str(error)
    return recipe


def with_absolute_paths(race: Race, recipe: Recipe) -> Race:
    """The race with paths that mean the same from any folder; `recipe` is one of its recipes.

    Its base names the data and the architecture that are taken where none is named.
    """
    named = {*race.base, "arch", "data"} - race.choices.keys()
    paths = ("arch", "data", "data_dir", "class_names", "decisions", "init_from", "cache")
    fields = json.decode(json.encode(recipe))  # arrays as lists, as the file of a race has them
    found = {key: fields[key] for key in paths if key in named and fields[key]}
    choices = dict(race.choices)
    if "arch" in choices:
        choices["arch"] = [absolute_architecture(str(arch)) for arch in choices["arch"]]
    return replace(race, base={**race.base, **found}, choices=choices)
