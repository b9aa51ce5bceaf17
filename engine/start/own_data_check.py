"""Lets an engine find the images of the user's own code, so that no run begins with a mistake."""

from __future__ import annotations

import subprocess
import sys

from engine import text
from engine.catalog import data_names
from engine.errors import UsageError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_toml import to_toml
from engine.start import start_text
from engine.start.engine_environment import environment


def check_own_data(recipe: Recipe) -> None:
    """Run the user's code where it makes the data. Raises UsageError with the engine's sentence."""
    if data_names.user_set(recipe.data) is None:
        return
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--check-data", "-"],
        input=to_toml(recipe).encode(),
        capture_output=True,
        env=environment(recipe),
        check=False,
    )
    if done.returncode < 0:
        raise UsageError(text.killed(start_text.DATA_CHECK, -done.returncode))
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UsageError(text.harmless(said.removeprefix("cnn-tui: ")))
