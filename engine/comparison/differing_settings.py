"""The settings in which trainings differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

# What a training does not tell is no value, unlike one that is none.
_UNKNOWN = object()


class DifferingSetting(msgspec.Struct, frozen=True):
    """A setting, and its value in each training; None where it has none."""

    name: str
    values: tuple[object, ...]


def differing(settings: Sequence[Mapping[str, object]]) -> tuple[DifferingSetting, ...]:
    """The settings that are not the same in all trainings that have any, in their order.

    A training without settings, as most logs of other programs, makes no difference.
    """
    told = [one for one in settings if one]
    names = dict.fromkeys(name for one in told for name in one)
    return tuple(
        DifferingSetting(name, tuple(one.get(name) for one in settings))
        for name in names
        if any(one.get(name, _UNKNOWN) != told[0].get(name, _UNKNOWN) for one in told)
    )
