"""Prints the lists of models, data sets, recipes and runs as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import msgspec

from engine.catalog import datasets as catalog
from engine.catalog.architectures import ARCHITECTURES
from engine.recipes import presets
from engine.recipes.recipe import Recipe
from engine.run import run_liveness, run_search
from tui.viewer.run_summary import summarize


def models() -> None:
    _print(list(ARCHITECTURES.values()))


def datasets(data_dir: str) -> None:
    """The data sets of the catalogue; `ready` says whether a set is on this disk."""
    _print(
        [
            msgspec.to_builtins(data) | {"ready": catalog.folder_of(data, data_dir) is not None}
            for data in catalog.DATASETS.values()
        ]
    )


def recipes() -> None:
    """The presets, each with what it is for."""
    _print([{"name": name, "purpose": purpose} for name, purpose in presets.PRESETS.items()])


def recipe(chosen: Recipe) -> None:
    """All fields of a recipe."""
    _print(chosen)


def runs(runs_dir: Path) -> None:
    _print([summarize(run, run_liveness.liveness(run)) for run in run_search.list_runs(runs_dir)])


def _print(rows: Any) -> None:
    click.echo(json.dumps(msgspec.to_builtins(rows), indent=2))
