"""Checks in how many parts a step learns from its batch."""

from __future__ import annotations

from engine.errors import UsageError
from engine.recipes import recipe_text
from engine.recipes.recipe import Recipe


def check(recipe: Recipe) -> None:
    """Raise UsageError where a process would have more parts than images of a batch.

    An engine checks it again where the number of processes or of images decides.
    """
    processes = 1 if recipe.gpus == "all" else recipe.gpus
    if recipe.accumulate != "auto":
        check_parts(recipe.accumulate, max(1, recipe.batch // processes))


def check_parts(parts: int, batch: int) -> None:
    """Raise UsageError where there are more parts than the images of a process at a step."""
    if parts > batch:
        raise UsageError(recipe_text.more_parts_than_images(parts, batch))
