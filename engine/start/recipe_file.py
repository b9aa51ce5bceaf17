"""A recipe for a process that is no run, as its standard input."""

from __future__ import annotations

import tempfile
from typing import IO

from engine.recipes.recipe import Recipe
from engine.recipes.recipe_toml import to_toml


def recipe_file(recipe: Recipe) -> IO[bytes]:
    """An open file without a name that holds the recipe: a pipe is no file that is read."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    file.write(to_toml(recipe).encode())
    file.flush()
    return file
