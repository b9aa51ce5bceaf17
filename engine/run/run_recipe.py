"""The recipe that a run trains by."""

from __future__ import annotations

from engine.recipes import watched_recipe
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.run.history import History
from engine.run.run_paths import RunDir


def recipe_of(run: RunDir, history: History) -> Recipe | None:
    """That of the last attempt; before the first one has started, that of the run's file.

    None where somebody's own program trains. Raises as `read_recipe`.
    """
    if history.run is not None:
        return history.recipe
    watched = watched_recipe.watched_program(run.recipe) is not None
    return None if watched else read_recipe(run.recipe)
