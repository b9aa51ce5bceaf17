"""Asks for a report on a run, or for one that compares several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from engine.protocol.answers import Note, Progress, Written
from engine.protocol.requests import CompareRuns, Report
from engine.recipes import watched_recipe
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.run.run_paths import RunDir
from engine.start import network_requests
from engine.start.engine_request import EngineRequest

# The file of a report on several runs.
COMPARISON = Path("comparison.html")


def usual_file(runs: Sequence[RunDir]) -> Path:
    """The file of a report on these runs in the working folder, unless another one is asked for."""
    return COMPARISON if len(runs) > 1 else Path(f"{runs[0].label}.html")


def report(
    runs: Sequence[RunDir], target: Path, pictures: Path | None = None, *, images: bool = True
) -> EngineRequest[Progress | Note | Written]:
    """Write a report to `target`, and its figures to the folder `pictures`.

    Raises what reading the recipe of a single run raises.
    """
    place = os.fsencode(target.absolute())
    figures = os.fsencode(pictures.absolute()) if pictures is not None else b""
    paths = tuple(os.fsencode(run.path.resolve()) for run in runs)
    if len(paths) > 1:
        return network_requests.comparison(CompareRuns(runs=paths, target=place, pictures=figures))
    wanted = Report(run=paths[0], target=place, pictures=figures, images=images)
    program = watched_recipe.watched_program(runs[0].recipe)
    recipe = read_recipe(runs[0].recipe) if program is None else Recipe()
    return network_requests.report(wanted, recipe)
