"""Words about a race, printed and on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean

from engine.catalog.architecture_names import short_name
from engine.numbers import duration, share, short
from engine.racing.leader_board import Board, Row, Standing
from engine.recipes.recipe_toml import as_setting
from engine.run.run_paths import RunDir
from engine.text import examples, harmless, typed

RECIPE, TOP1, DEVIATION, EPOCHS = "recipe", "top-1", "±", "epochs"
RUNS, RUNG, LEFT = "runs", "rung", "left"
TIME = "time"
CURVES = "Top-1 %"
RUNG_MARK = "◆ rung"
NO_CURVES = "the curves begin with the first epoch that ends"
NO_CURVES_SHORT = "no epoch yet"
STILL_RISING = "Most runs were best in their last epoch: longer runs may rank otherwise."


def recipe(standing: Standing) -> str:
    """What is different about a recipe: `resnet20 lr=0.1`."""
    told = dict(standing.settings)
    arch = [short_name(str(told.pop("arch")))] if "arch" in told else []
    settings = [*arch, *(f"{key}={as_setting(value)}" for key, value in told.items())]
    return harmless(" ".join(settings)) or "-"


def epochs(rows: Sequence[Row]) -> str:
    """The epochs that the runs of a recipe have finished, and those of their plans, as means.

    "" before its plans can be read.
    """
    known = [row for row in rows if row.epochs]
    if not known:
        return ""
    return f"{_mean(row.epoch for row in known)}/{_mean(row.epochs for row in known)}"


def _mean(epochs: Iterable[int]) -> str:
    return f"{fmean(epochs):,.1f}".removesuffix(".0")


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


def conclusions(board: Board, runs_dir: Path) -> list[str]:
    """What the end of a race says; nothing before it, or if no recipe was measured."""
    first = board.standings[0] if board.standings else None
    if not board.ended or first is None or first.mean is None:
        return []
    rising = [STILL_RISING] if board.still_rising else []
    return [_winner(first), *rising, *_next_best(board.standings[:2], runs_dir)]


def _winner(first: Standing) -> str:
    best = "Best so far" if any(row.state == "stopped" for row in first.rows) else "Best"
    spread = "" if first.deviation is None else f" ± {share(first.deviation)}"
    return f"{best}: {recipe(first)} with {share(first.mean)}{spread}."


def _next_best(first: Sequence[Standing], runs_dir: Path) -> list[str]:
    """How to see whether the two best differ, where both were trained to the end."""
    rows = [row for standing in first for row in standing.rows]
    if len(first) < 2 or any(row.state != "done" for row in rows):
        return []
    runs = [typed(RunDir(runs_dir / row.run).selector) for row in rows]
    command = " ".join(["cnn-tui compare", *runs])
    return [f"To compare it with the next one, {recipe(first[1])}: `{command}`"]
