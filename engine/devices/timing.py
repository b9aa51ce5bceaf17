"""Compares the speed of alternatives on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

RUNS = 3
# Threads may wait long for each other on a busy machine; one such run is then enough.
ENOUGH_SECONDS = 0.3
# An alternative replaces the default only if it is faster by this factor.
GAIN = 1.1

Option = TypeVar("Option")
Step: TypeAlias = Callable[[], None]
Clock: TypeAlias = Callable[[], float]


def best_of(step: Step) -> float:
    """The seconds of the fastest of a few runs, after one that prepares the kernels."""
    return best_in_turn([step], RUNS)[0]


def best_in_turn(steps: Sequence[Step], runs: int, clock: Clock = time.perf_counter) -> list[float]:
    """The same for several steps, run in turn, so that a disturbance affects all of them alike."""
    taken: list[list[float]] = []
    began = clock()
    while len(taken) < 2 or (len(taken) <= runs and clock() - began < ENOUGH_SECONDS * len(steps)):
        taken.append([_seconds(step, clock) for step in steps])
    return [min(each) for each in zip(*taken[1:], strict=True)]


def _seconds(step: Step, clock: Clock) -> float:
    began = clock()
    step()
    return clock() - began


def preferred(options: Sequence[Option], seconds: Callable[[Option], float]) -> Option:
    """The first option, unless the next one is clearly faster, and so on from there."""
    chosen, best = options[0], seconds(options[0])
    for option in options[1:]:
        taken = seconds(option)
        if taken * GAIN >= best:
            break
        chosen, best = option, taken
    return chosen
