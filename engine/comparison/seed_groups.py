"""Trainings that differ only in their seed, as one: their mean and deviation."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

# Indices of two trainings.
Pair: TypeAlias = tuple[int, int]

SEED = "seed"
# Settings that change nothing of what is learned.
WITHOUT_EFFECT = frozenset(
    {SEED, "preset", "data_dir", "cache", "save_every", "keep", "on_nan", "suspects"}
)


class Spread(msgspec.Struct, frozen=True):
    """The mean of so many values, and their standard deviation, which one value does not have.

    The deviation estimates that of all seeds: it divides by n - 1.
    """

    values: int
    mean: float
    deviation: float | None
    lowest: float
    highest: float


def spread(values: Iterable[float | None]) -> Spread | None:
    """The spread of the values that there are; None without any."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    deviation = statistics.stdev(known) if len(known) > 1 else None
    return Spread(len(known), statistics.fmean(known), deviation, min(known), max(known))


def family(settings: Sequence[Mapping[str, object]], pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs that say something about recipes: of two recipes, with one seed as far as any has.

    `pairs` are indices of the settings. Two seeds of a recipe, or other seeds of two, are further
    looks at the same question.
    """
    recipes = [pair for pair in pairs if not _is_same_recipe(*(settings[i] for i in pair))]
    alike = [pair for pair in recipes if len({settings[i].get(SEED) for i in pair}) == 1]
    return alike or recipes


def _is_same_recipe(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return _apart_from_seed(one) == _apart_from_seed(other)


def seed_groups(settings: Sequence[Mapping[str, object]]) -> tuple[tuple[int, ...], ...]:
    """The indices of the trainings of each group, in the order of their first ones.

    A group holds a seed once, since the same training again tells nothing new about the deviation.
    A training without settings, or without a seed, is a group of its own.
    """
    groups: dict[tuple[bytes, int], list[int]] = {}
    turns: dict[tuple[bytes, object], int] = {}
    for index, one in enumerate(settings):
        key = _apart_from_seed(one) if SEED in one else f"{index}".encode()
        turn = turns[key, one.get(SEED)] = turns.get((key, one.get(SEED)), -1) + 1
        groups.setdefault((key, turn), []).append(index)
    return tuple(map(tuple, groups.values()))


def _apart_from_seed(settings: Mapping[str, object]) -> bytes:
    return settings_key({k: value for k, value in settings.items() if k not in WITHOUT_EFFECT})


def settings_key(settings: Mapping[str, object]) -> bytes:
    """What is equal for equal settings."""
    return msgspec.json.encode(settings, order="sorted")
