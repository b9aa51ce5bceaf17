"""What a race tries: the recipes, the seeds, and the runs that train them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

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
    number of recipes that the sampler "tpe" tries; 0 for a grid, which tries all of them.

    A race that is `stopped` trains nothing. `resumed` is when it last went on after that, in unix
    seconds, 0 for never: what was stopped before goes on with it.
    """

    label: str
    base: dict[str, object]
    choices: dict[str, list[object]]
    seeds: int = 1
    halving: bool = False
    budget: float = 0.0
    sampler: Sampler = "grid"
    trials: int = 0
    stopped: bool = False
    resumed: float = 0.0
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


def settings_key(settings: Mapping[str, object]) -> bytes:
    """What is equal for equal settings."""
    return msgspec.json.encode(settings, order="deterministic")
