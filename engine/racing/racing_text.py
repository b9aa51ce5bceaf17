"""Sentences for the user about races."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.recipes.recipe_toml import as_setting
from engine.run.run_text import NAMES
from engine.text import examples, folder, harmless, needs_packages

FILE_HEAD = "# A race: what it tries, and its runs. `cnn-tui race` shows how it stands."


def unreadable(path: object, why: str) -> str:
    return (
        f"the race in {harmless(str(path))} cannot be read ({harmless(why)}): mend it, or delete "
        "its folder; its runs stay."
    )


def no_races(runs_dir: object) -> str:
    return (
        f"the folder {folder(runs_dir)} holds no race yet: start one, for example with "
        "`cnn-tui race --arch lenet5,resnet20 --data digits --set 'lr=[0.05, 0.1]'`."
    )


def no_such_race(selector: str, known: Iterable[str], *, several: bool) -> str:
    what = "means several races" if several else "means no race"
    return f"'{harmless(selector)}' {what}: name one of {examples(known)}."


# The command line

TRIALS_MISSING = "--sampler tpe needs a number of recipes to try: add --trials N."
TRIALS_OF_A_GRID = "--trials is for --sampler tpe: a grid tries all combinations."
TPE_WITH_HALVING = (
    "--sampler tpe judges recipes that are trained to the end: leave out --halving, or --sampler."
)
SEEDS = "the seeds of a race are --seeds N, counted from --seed: leave seed out of --set."
NO_OPTUNA = needs_packages("--sampler tpe", ["optuna"])


NOTHING_TO_COMPARE = (
    "this race is a single run, with nothing to compare: name several architectures, values or "
    "seeds, as in `cnn-tui race --arch lenet5,resnet20 --set 'lr=[0.05, 0.1]' --seeds 2`."
)


def no_array(key: str, value: str) -> str:
    name = harmless(key)
    return (
        f"{name} = {harmless(value)} is no TOML array: write the values to try as in "
        f"--set '{name}=[0.05, 0.1]', words as in --set '{name}=[\"a\", \"b\"]'."
    )


def given_twice(key: str) -> str:
    return (
        f"{harmless(key)} is given by an option, and with several values by --set: leave one out."
    )


def empty_choice(key: str) -> str:
    return f"--set {harmless(key)}=[] has no value to try: name at least one."


def twice_in_choice(key: str, value: object) -> str:
    return f"{harmless(key)} is to try {harmless(str(value))} twice: leave one out."


def impossible(sentence: str, settings: Mapping[str, object]) -> str:
    """The sentence about a recipe, with the settings of that recipe unless it begins with them."""
    named = harmless(", ".join(f"{key} = {as_setting(value)}" for key, value in settings.items()))
    return sentence if sentence.startswith(named) else f"{named}: {sentence}"


def unequal_data(field: str, values: Sequence[str]) -> str:
    return (
        f"{field} differs between these recipes ({examples(values)}), so they would be judged by "
        "different images: start a race for each."
    )


def many_runs(count: int) -> str:
    return f"this race is {count:,} runs: add --yes if you mean that."


def bad_name(name: str) -> str:
    return f"'{harmless(name)}' cannot name a race: {NAMES}"


def still_stopping(race: str, run: str) -> str:
    return f"{harmless(race)} is still stopping: try again when {harmless(run)} has ended."


def cannot_drop(label: str) -> str:
    return (
        f"{harmless(label)} trains no more in this race, so nothing is left to drop: choose a run "
        "that trains or waits."
    )
