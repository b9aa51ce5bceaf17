"""The ways in which tables spell classes, and the order of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from engine.natural_order import natural


def spellings(classes: Iterable[str]) -> Mapping[str, str]:
    """The classes by their names, and, where that is clear, by their numbers: `7` for `00007`."""
    names = list(classes)
    numbers = Counter(str(int(name)) for name in names if name.isdecimal())
    short = {str(int(name)): name for name in names if name.isdecimal()}
    return {n: name for n, name in short.items() if numbers[n] == 1} | {n: n for n in names}


def in_natural_order(classes: Iterable[str]) -> list[str]:
    """The classes with numbers by their values: `2` before `10`, `class 2` before `class 10`."""
    return sorted(classes, key=lambda name: (natural(name), name))


def numbers_out_of_order(classes: Iterable[str]) -> bool:
    """Whether classes are all numbers, and the order of names is another than that of numbers."""
    names = sorted(classes)
    return all(name.isdecimal() for name in names) and in_natural_order(names) != names
