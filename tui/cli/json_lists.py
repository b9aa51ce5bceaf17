"""Prints the lists of models, data sets and recipes as JSON."""

from __future__ import annotations

import msgspec

from engine.catalog import datasets as catalog
from engine.catalog.architectures import ARCHITECTURES
from engine.recipes import presets
from engine.recipes.recipe import Recipe
from tui.cli.printed_json import print_object


def models() -> None:
    print_object(list(ARCHITECTURES.values()))


def datasets(data_dir: str) -> None:
    """The data sets of the catalogue; `ready` says whether a set is on this disk."""
    print_object(
        [
            msgspec.to_builtins(data) | {"ready": catalog.folder_of(data, data_dir) is not None}
            for data in catalog.DATASETS.values()
        ]
    )


def recipes() -> None:
    """The presets, each with what it is for."""
    print_object([{"name": name, "purpose": purpose} for name, purpose in presets.CHOICES.items()])


def recipe(chosen: Recipe) -> None:
    """All fields of a recipe."""
    print_object(chosen)
