"""What the program finds at a path, or why it refuses it. Loads no torch: processes import it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.data.inventory import data_inventory
from engine.data.inventory.inventory import Inventory
from engine.errors import DataError
from engine.recipes.recipe import Recipe


def inventory(path: Path, **settings: Any) -> Inventory:
    """The inventory of a path, which the quick check accepts, too."""
    recipe = Recipe(data=str(path), **settings)
    data_inventory.check(recipe)
    found = data_inventory.inventory_of(recipe)
    assert data_inventory.class_names(recipe) == found.classes
    return found


def refusal(path: Path) -> str:
    """The sentence by which a path is refused."""
    with pytest.raises(DataError) as refused:
        data_inventory.inventory_of(Recipe(data=str(path)))
    return str(refused.value)
