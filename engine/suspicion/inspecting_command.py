"""The command that looks for images that occur twice in the data of a run."""

from __future__ import annotations

from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.recipes.recipe_toml import as_setting
from engine.run.kept_decisions import with_kept
from engine.run.run_paths import RunDir
from engine.text import typed

# The fields that decide which images are in a list, and which class is which number.
FIELDS = (
    *("holdout", "seed", "labels", "decisions", "class_order", "class_names"),
    *("image_column", "label_column"),
)


def inspecting_command(run: RunDir) -> str:
    """`cnn-tui inspect-data DATA`, with the settings that make the lists of images of the run."""
    recipe, usual = with_kept(read_recipe(run.recipe), run), Recipe()
    words = ["cnn-tui", "inspect-data", recipe.data]
    if recipe.data_dir:
        words += ["--data-dir", recipe.data_dir]
    for field in FIELDS:
        value = getattr(recipe, field)
        if value != getattr(usual, field):
            words += ["--set", f"{field}={as_setting(value)}"]
    return " ".join(map(typed, words))
