"""What a race tries: the recipes, the seeds, and the runs that train them."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from engine.comparison.seed_groups import settings_key

Sampler: TypeAlias = Literal["grid", "tpe"]


class RaceRun(msgspec.Struct, frozen=True):
    """One run of a race: the label of its folder, the fields in which recipes differ, its seed."""

    run: str
    settings: dict[str, object]
    seed: int


class Race(msgspec.Struct, frozen=True, kw_only=True):
    """A race, as `race.toml` has it.

    `base` has the fields that all recipes share, as they were given, and `choices` the values to
    try of each other field. `budget` is in seconds of its engines, 0 for none. `trials` is the
    number of recipes that the sampler "tpe" tries; 0 for a grid, which tries all of them. `side`
    and `images` are what was seen of the data, by which preset and batch are chosen: `SeenImages`.

    The folders of the first `made` runs were made. A race that is `stopped` trains nothing.
    `halted` are the labels of the runs that a stop of the race has stopped, each with the number of
    the event that says so, and 0 until the race goes on: they go on with it. `dropped` are those
    that somebody has taken out of the race.
    """

    label: str
    base: dict[str, object]
    choices: dict[str, list[object]]
    seeds: int = 1
    halving: bool = False
    budget: float = 0.0
    sampler: Sampler = "grid"
    trials: int = 0
    side: int = 0
    images: int = 0
    made: int = 0
    stopped: bool = False
    halted: dict[str, int] = {}
    dropped: tuple[str, ...] = ()
    runs: tuple[RaceRun, ...] = ()

    @property
    def recipes(self) -> list[tuple[RaceRun, ...]]:
        """The runs of each recipe, one a seed, in the order in which they were planned."""
        groups: dict[bytes, list[RaceRun]] = {}
        for run in self.runs:
            groups.setdefault(settings_key(run.settings), []).append(run)
        return [tuple(group) for group in groups.values()]

    @property
    def recipes_to_come(self) -> int:
        """How many recipes the sampler "tpe" has not chosen yet."""
        return max(0, self.trials - len(self.recipes))
