"""What is said of the leader board of a race."""

from __future__ import annotations

from collections.abc import Sequence

from engine.numbers import duration, share
from engine.racing.leader_board import Board, Row, Standing
from engine.text import harmless, typed
from tui.drawing.board_words import recipe

RECIPE, TOP1, DEVIATION, RUNS, EPOCH, TIME = "recipe", "top-1", "±", "runs", "epoch", "time"


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
    race, rows = board.race, [row for standing in board.standings for row in standing.rows]
    settled = sum(row.state not in ("queued", "training", "waiting") for row in rows)
    kind = "halving" if race.halving else "TPE" if race.sampler == "tpe" else "grid"
    said = [f"{race.label}: {kind}, {settled:,} of {len(rows):,} runs have ended"]
    said.append(f"{duration(board.used)} used")
    if race.budget:
        said[-1] += f" of {duration(race.budget)}"
    if board.ended:
        said.append("stopped" if race.stopped else "ended")
    elif board.remaining is not None:
        said.append(f"about {duration(board.remaining)} left")
    if board.paused and not board.ended:
        said.append(f"queue paused: {board.paused}")
    return harmless("; ".join(said))


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
