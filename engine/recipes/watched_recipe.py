"""The `recipe.toml` of a watched run: what its program told of itself, and no recipe.

[watched]
program = "train.py"
framework = "PyTorch 2.14.1"

[watched.settings]
"batch" = 64
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from engine import regular_files
from engine.recipes import recipe_toml
from engine.recipes.recipe_toml import WATCHED, toml_value

# A hyper-parameter of somebody's own program.
Setting: TypeAlias = str | int | float | bool | None


def to_toml(program: str, framework: str, settings: Mapping[str, Setting]) -> str:
    """The text of the file. A setting that is None is left out, since TOML has no null."""
    lines = [
        f"[{WATCHED}]",
        f"program = {toml_value(program)}",
        f"framework = {toml_value(framework)}",
    ]
    known = [(name, value) for name, value in settings.items() if value is not None]
    if known:
        lines += ["", f"[{WATCHED}.settings]"]
    return "\n".join(
        [*lines, *(f"{toml_value(name)} = {toml_value(value)}" for name, value in known), ""]
    )


def watched_program(recipe: Path) -> str | None:
    """The program that a run's file names; None if that is no watched run, or cannot be read."""
    try:
        text = regular_files.read_text(recipe)
        # A recipe is long, and a list of runs asks for many.
        return recipe_toml.watched_program(tomllib.loads(text)) if WATCHED in text else None
    except (OSError, ValueError, RecursionError):
        return None
