"""Words about a race, printed and on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from engine.catalog.architecture_names import short_name
from engine.numbers import duration, share, short
from engine.racing.leader_board import Board, Row, Standing
from engine.recipes.recipe_toml import as_setting
from engine.text import examples, harmless, typed

RECIPE, TOP1, DEVIATION, EPOCHS = "recipe", "top-1", "±", "epochs"
RUNS, RUNG, LEFT = "runs", "rung", "left"
TIME = "time"
CURVES = "Top-1 %"
RUNG_MARK = "◆ rung"
NO_CURVES = "the curves begin with the first epoch that ends"
NO_CURVES_SHORT = "no epoch yet"


def recipe(standing: Standing) -> str:
    """What is different about a recipe: `resnet20 lr=0.1`."""
    told = dict(standing.settings)
    arch = [short_name(str(told.pop("arch")))] if "arch" in told else []
    settings = [*arch, *(f"{key}={as_setting(value)}" for key, value in told.items())]
    return harmless(" ".join(settings)) or "-"


def epochs(rows: Sequence[Row]) -> str:
    """The epochs that the runs of a recipe have finished together, and those of their plans.

    "" before its plans can be read.
    """
    planned = sum(row.epochs for row in rows)
    return f"{sum(row.epoch for row in rows):,}/{planned:,}" if planned else ""


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
        return [_end(board)]
    if board.remaining is None:
        return []
    time, how = f"{duration(board.remaining)} left", _how_long(board)
    rung = max((row.rung for each in board.standings for row in each.rows), default=1)
    of_rungs = [f"rung {rung} of {board.rungs}, {how} {time}"] if board.rungs > 1 else []
    shortest = [] if board.at_least else [time]
    return [*of_rungs, f"{how} {time}", *shortest]


def _how_long(board: Board) -> str:
    return "at least" if board.at_least else "about"


def _end(board: Board) -> str:
    return "stopped" if board.race.stopped else "ended"


def used(board: Board) -> str:
    """`5 of 27 runs have ended   8:12 used of 2:00:00`, and why nothing starts."""
    said = f"{_settled(board)}   {_time_used(board)}"
    return f"{said}   {harmless(board.idle)}" if board.idle else said


def _settled(board: Board) -> str:
    return f"{board.settled:,} of {board.planned:,} runs have ended"


def _time_used(board: Board) -> str:
    budget = f" of {duration(board.race.budget)}" if board.race.budget else ""
    return f"{duration(board.used)} used{budget}"


def ended(board: Board) -> str:
    """What is told outside of the terminal when a race has ended."""
    first = board.standings[0] if board.standings else None
    best = ""
    if first is not None and first.mean is not None:
        best = f", best {recipe(first)} with {share(first.mean)}"
    return f"the race {board.race.label} has ended{best}"


# Printed


def states(rows: tuple[Row, ...]) -> str:
    """`2 done, 1 training`; where all are the same, one word."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + 1
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def head(board: Board) -> str:
    """The race in one line, with what is left."""
    race = board.race
    kind = "halving" if race.halving else "TPE" if race.sampler == "tpe" else "grid"
    said = [f"{race.label}: {kind}, {_settled(board)}", _time_used(board)]
    if board.ended:
        said.append(_end(board))
    elif board.remaining is not None:
        said.append(f"{_how_long(board)} {duration(board.remaining)} left")
    if board.idle:
        said.append(board.idle)
    return harmless("; ".join(said))


def failures(board: Board) -> list[str]:
    """Why runs have failed: each reason once, with the first run that has it."""
    reasons: dict[str, list[str]] = {}
    for row in board.rows:
        if row.state == "failed":
            reasons.setdefault(row.error, []).append(row.run)
    return [harmless(f"{_failed(runs)}: {reason}") for reason, runs in reasons.items()]


def _failed(runs: list[str]) -> str:
    return f"{runs[0]} failed" if len(runs) == 1 else f"{len(runs):,} runs failed, as {runs[0]}"


def gone(board: Board) -> str:
    """Which runs have no folder any more; "" if all have."""
    runs = [row.run for row in board.rows if row.state == "removed"]
    return f"Without a folder now: {examples(runs)}." if runs else ""


def winner(board: Board) -> str:
    """The best recipe of a race that has ended; "" if none was measured."""
    first = board.standings[0] if board.standings else None
    if first is None or first.mean is None:
        return ""
    best = "Best so far" if any(row.state == "stopped" for row in first.rows) else "Best"
    spread = "" if first.deviation is None else f" ± {share(first.deviation)}"
    return f"{best}: {recipe(first)} with {share(first.mean)}{spread}."


def next_best(second: Standing, runs: Sequence[str]) -> str:
    """The recipe after the best one; `runs` are those of both, as a command line names them."""
    command = " ".join(["cnn-tui compare", *map(typed, runs)])
    return f"To compare it with the next one, {recipe(second)}: `{command}`"
