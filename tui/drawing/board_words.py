"""Words about a race, printed and on the screen."""

from __future__ import annotations

from engine.catalog.architecture_names import short_name
from engine.numbers import duration, short
from engine.racing.leader_board import Board, Standing
from engine.recipes.recipe_toml import as_setting
from engine.text import harmless

RECIPE, TOP1, DEVIATION, EPOCHS = "recipe", "top-1", "±", "epochs"
RUNS, RUNG, LEFT = "runs", "rung", "left"
CURVES = "validation accuracy, %"
RUNG_MARK = "◆ rung"
NO_CURVES = "the curves begin with the first epoch that ends"
NO_CURVES_SHORT = "no epoch yet"


def recipe(standing: Standing) -> str:
    """What is different about a recipe: `resnet20 lr=0.1`."""
    told = dict(standing.settings)
    arch = [short_name(str(told.pop("arch")))] if "arch" in told else []
    settings = [*arch, *(f"{key}={as_setting(value)}" for key, value in told.items())]
    return harmless(" ".join(settings)) or "-"


def seed(number: int, state: str) -> str:
    return f"seed {number} {state}"


def bar_range(limits: tuple[float, float]) -> str:
    """What an empty and a full bar mean: `80 – 95 %`."""
    return f"{short(limits[0])} – {short(limits[1])} %"


def title(label: str) -> str:
    return f"Race {harmless(label)}"


def left(board: Board) -> list[str]:
    """What is left, the longest form first."""
    if board.ended:
        return [STOPPED if board.race.stopped else ENDED]
    if board.remaining is None:
        return []
    time = f"{duration(board.remaining)} left"
    rung = max((row.rung for each in board.standings for row in each.rows), default=1)
    of_rungs = [f"rung {rung} of {board.rungs}, about {time}"] if board.rungs > 1 else []
    return [*of_rungs, f"about {time}", time]


ENDED, STOPPED = "ended", "stopped"


def used(board: Board) -> str:
    """`5 of 27 runs have ended   8:12 used of 2:00:00`, and why the queue is paused."""
    budget = f" of {duration(board.race.budget)}" if board.race.budget else ""
    runs = f"{board.settled:,} of {board.planned:,} runs have ended"
    said = f"{runs}   {duration(board.used)} used{budget}"
    return f"{said}   queue paused: {harmless(board.paused)}" if board.paused else said


def ended(board: Board) -> str:
    """What is told outside of the terminal when a race has ended."""
    first = board.standings[0] if board.standings else None
    best = ""
    if first is not None and first.mean is not None:
        best = f", best {recipe(first)} with {100 * first.mean:.1f} %"
    return f"the race {board.race.label} has ended{best}"
