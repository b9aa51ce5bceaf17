"""Words of `cnn-tui race`."""

from __future__ import annotations

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
HELP_BUDGET = (
    "Once the engines have worked this long, as 90m or 2h, start no training, and save and stop "
    "those that go on."
)
HELP_SAMPLER = "grid (all combinations), or tpe: Optuna chooses --trials of them, one by one."
HELP_TRIALS = "Number of recipes that --sampler tpe tries."
HELP_NAME = "Name of the race (default: the data)."
HELP_YES = "Start a race of more than 1,000 runs."

WORDS = ("stop", "resume")
TOO_MANY_WORDS = "name one race: `cnn-tui race [LABEL]`, or `cnn-tui race stop [LABEL]`."
BOTH = "a race that is there has its recipes: leave its name out, or the options of a new one."


def waits(label: str) -> str:
    """What is said of a new race where the queue is paused."""
    return (
        f"The race waits, since the queue is paused: `cnn-tui queue continue` goes on, "
        f"`cnn-tui race {typed(label)}` shows it, and `cnn-tui race stop {typed(label)}` ends it."
    )


def started(label: str) -> str:
    return (
        f"The race goes on without this terminal: `cnn-tui race {typed(label)}` shows it, and "
        f"`cnn-tui race stop {typed(label)}` ends it."
    )


def stopped(label: str, live: int) -> str:
    saving = ": its run saves and stops" if live == 1 else f": its {live} runs save and stop"
    again = f"`cnn-tui race resume {typed(label)}` goes on."
    return f"The race {harmless(label)} is stopped{saving if live else ''}; {again}"
