"""What the race screen shows, read from folders: quick for a hundred runs, and never on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.comparison.mean_curve import mean_curve
from engine.comparison.seed_groups import settings_key
from engine.racing import leader_board, race_file
from engine.racing.leader_board import Board, Standing
from engine.racing.race_results import read_results
from engine.racing.run_results import RunResults
from engine.racing.rungs import rungs
from tui.drawing import race_rows_text
from tui.drawing.race_rows import RecipeCurve

# More curves could not be told apart.
MOST_CURVES = 7


class RaceReading(NamedTuple):
    """A race at a moment.

    `recipes` are the places in the plan of the recipes of the standings. `epochs` is the longest
    plan, and `rungs` the epochs of it at which recipes are dropped. `conclusions` are the sentences
    that its end says.
    """

    board: Board
    recipes: list[int]
    curves: list[RecipeCurve]
    epochs: int
    rungs: list[int]
    conclusions: list[str]


def read(runs_dir: Path, label: str) -> RaceReading:
    """Read the race with this label. Raises RunError where it is not there, or damaged."""
    race = race_file.read(runs_dir, label)
    results = read_results(runs_dir, race)
    board = leader_board.board_of(runs_dir, race, results)
    plan = {settings_key(runs[0].settings): at for at, runs in enumerate(race.recipes)}
    recipes = [plan[settings_key(each.settings)] for each in board.standings]
    best = board.standings[:MOST_CURVES]
    by_label = {each.run: each for each in results.values()}
    lines = ((recipe, _points(each, by_label)) for recipe, each in zip(recipes, best, strict=False))
    epochs = max((row.epochs for each in board.standings for row in each.rows), default=1)
    ladder = rungs(len(race.recipes), halving=race.halving)
    return RaceReading(
        board,
        recipes,
        [RecipeCurve(recipe, points) for recipe, points in lines if points],
        epochs,
        [rung.epoch(epochs) for rung in ladder if not rung.is_last],
        race_rows_text.conclusions(board, runs_dir),
    )


def _points(standing: Standing, results: Mapping[str, RunResults]) -> Sequence[tuple[float, float]]:
    """The accuracy of a recipe over epochs; of several seeds, the mean of those that are furthest.

    A seed that has just begun would cut the mean to its own first epochs.
    """
    curves = [
        [(float(e.epoch), e.top1) for e in results[row.run].epochs if e.top1 is not None]
        for row in standing.rows
    ]
    end = max((curve[-1][0] for curve in curves if curve), default=0.0)
    furthest = [curve for curve in curves if curve and curve[-1][0] == end]
    if len(furthest) < 2:
        return furthest[0] if furthest else []
    return [(point.x, point.mean) for point in mean_curve(furthest)]
