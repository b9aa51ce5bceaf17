"""Words of `cnn-tui race`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.architecture_names import short_name
from engine.numbers import duration, share
from engine.racing.leader_board import Board, Row, RowState, Standing
from engine.recipes.recipe_toml import as_setting
from engine.text import harmless, typed

HELP_RACE = """Try many recipes on the same data, and see which is best.

`cnn-tui race --arch lenet5,resnet20 --data digits --set 'lr=[0.05, 0.1]' --seeds 3` trains all
combinations, one after the other, also when the terminal is closed. `cnn-tui race [LABEL]` shows a
race, without LABEL the newest; `cnn-tui race stop [LABEL]` saves and stops it, and `cnn-tui race
resume [LABEL]` goes on.
"""
HELP_ARCHS = "Architectures to try, as in lenet5,vgg11-bn,resnet20."
HELP_SET = (
    "Values to try of a field, as a TOML array: --set 'lr=[0.05, 0.1]'. A plain value is that of "
    "all recipes, and so is one array of a field of arrays: --set 'milestones=[[10], [20]]' tries "
    "two. Can be repeated."
)
HELP_SEEDS = "Train each recipe with N seeds."
HELP_HALVING = (
    "Train all recipes to a ninth of their epochs, the best third of them to a third, and the best "
    "third of these to the end."
)
HELP_BUDGET = "Start no training once the engines have worked this long, as 90m or 2h."
HELP_SAMPLER = "grid (all combinations), or tpe: Optuna chooses --trials of them, one by one."
HELP_TRIALS = "Number of recipes that --sampler tpe tries."
HELP_NAME = "Name of the race (default: the data)."
HELP_YES = "Start a race of more than 1,000 runs."

WORDS = ("stop", "resume")
TOO_MANY_WORDS = "name one race: `cnn-tui race [LABEL]`, or `cnn-tui race stop [LABEL]`."
BOTH = "a race that is there has its recipes: leave its name out, or the options of a new one."

RECIPE, TOP1, DEVIATION, RUNS, EPOCH, TIME = "recipe", "top-1", "±", "runs", "epoch", "time"
STATE_WORDS: Mapping[RowState, str] = {
    "queued": "queued",
    "training": "training",
    "waiting": "waiting",
    "done": "done",
    "failed": "failed",
    "dropped": "dropped",
    "stopped": "stopped",
    "removed": "removed",
}


def recipe(standing: Standing) -> str:
    """What is different about a recipe: `resnet20 lr=0.1`."""
    told = dict(standing.settings)
    arch = [short_name(str(told.pop("arch")))] if "arch" in told else []
    words = [*arch, *(f"{key}={as_setting(value)}" for key, value in told.items())]
    return harmless(" ".join(words)) or "-"


def states(rows: tuple[Row, ...]) -> str:
    """`2 done, 1 training`; where all are the same, one word."""
    counts: dict[str, int] = {}
    for row in rows:
        word = STATE_WORDS[row.state]
        counts[word] = counts.get(word, 0) + 1
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
    return harmless("; ".join(said))


def winner(board: Board) -> str:
    """The best recipe of a race that has ended; "" if none was measured."""
    first = board.standings[0] if board.standings else None
    if first is None or first.mean is None:
        return ""
    spread = "" if first.deviation is None else f" ± {share(first.deviation)}"
    return f"Best: {recipe(first)} with {share(first.mean)}{spread}."


def started(label: str) -> str:
    return (
        f"The race goes on without this terminal: `cnn-tui race {typed(label)}` shows it, and "
        f"`cnn-tui race stop {typed(label)}` ends it."
    )


def stopped(label: str, live: int) -> str:
    saving = ": its run saves and stops" if live == 1 else f": its {live} runs save and stop"
    again = f"`cnn-tui race resume {typed(label)}` goes on."
    return f"The race {harmless(label)} is stopped{saving if live else ''}; {again}"
