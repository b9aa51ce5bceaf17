"""Changes the recipe of a run that resumes, so that the engine can take the change back.

An engine knows what the command line does not: how many images there are, and what the model takes.
Where it refuses the recipe, the run keeps the one that it had.
"""

from __future__ import annotations

import contextlib
import os

from engine.recipes.recipe_toml import read_toml
from engine.run.durable_files import save
from engine.run.run_paths import RunDir


def change(run: RunDir, toml: str) -> None:
    """Give the run, which is locked, this recipe file. Raises RunError and UsageError."""
    before = read_toml(run.recipe)
    settle(run)
    if toml != before:
        save(run.former_recipe, before.encode())
        save(run.recipe, toml.encode())


def settle(run: RunDir) -> None:
    """Keep the recipe for good. Where the disk refuses, the next change does it."""
    with contextlib.suppress(OSError):
        os.unlink(run.former_recipe)


def take_back(run: RunDir) -> None:
    """Give the run its recipe before the last change, unless that was kept for good."""
    with contextlib.suppress(OSError):
        os.replace(run.former_recipe, run.recipe)
