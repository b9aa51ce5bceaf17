"""The recipe that a request gives to this process: a file, or `-` for what comes through stdin."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe, read_recipe

STDIN = "-"


def given_recipe(file: Path) -> Recipe:
    """Raises UsageError for a recipe that cannot be read or is wrong."""
    if str(file) != STDIN:
        return read_recipe(file)
    # A pipe is no regular file, and only those are opened by their names.
    return build_recipe(file=tomllib.loads(sys.stdin.buffer.read().decode()))
