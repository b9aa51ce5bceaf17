"""python -m engine --check-data RECIPE: finds the images of a recipe before there is a run.

For data sets that the user's own code makes, which nobody can check without running it.
"""

from __future__ import annotations

from pathlib import Path

from engine.data.inventory.data_inventory import inventory_of
from engine.process.given_recipe import given_recipe


def check_data(file: Path) -> int:
    """Find the images. Returns the exit code; raises UsageError and DataError as a start does."""
    inventory_of(given_recipe(file))
    return 0
