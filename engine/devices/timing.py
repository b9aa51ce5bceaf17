"""Compares the speed of alternatives on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TypeAlias

Step: TypeAlias = Callable[[], None]
Clock: TypeAlias = Callable[[], float]

RUNS = 3
# An alternative replaces the default only if it is faster by this factor. Measured on a quiet
# machine and among twenty starts at once, the gain of bfloat16 was 1.03 to 1.16 for a LeNet-5 and
# 1.32 to 1.45 for `article-resnet`: both are on the same side of it every time.
CLEAR_GAIN = 1.25
# Between these, a gain is measured longer.
DOUBT = 1.1, 1.45
FEWEST_TURNS, MOST_TURNS = 3, 12
# Seconds of CPU time after which a gain is not measured longer. One turn of a step this long tells
# as much as many of a short one.
ENOUGH_SECONDS = 1.0


def best_of(step: Step, clock: Clock = time.perf_counter) -> float:
    """The seconds of the fastest of a few runs, after one that prepares the kernels."""
    return min([_seconds(step, clock) for _ in range(1 + RUNS)][1:])


def gain(
    default: Step, other: Step, clock: Clock = time.thread_time
) -> Generator[None, None, float]:
    """How many times as fast as `default` the `other` step is. Yields after each run.

    The time is CPU time, which does not count waiting for a core. Both steps run in turn, so that a
    disturbance affects both alike, and the fastest run of each counts.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(1 + MOST_TURNS):
        for step, times in zip((default, other), taken, strict=True):
            times.append(_seconds(step, clock))
            yield
        if turn >= 1 and _is_clear(taken, turn):
            break
    return _gain(taken)


def _is_clear(taken: tuple[list[float], list[float]], turns: int) -> bool:
    low, high = DOUBT
    clear = turns >= FEWEST_TURNS and not low < _gain(taken) < high
    return clear or sum(map(sum, taken)) >= ENOUGH_SECONDS


def _gain(taken: tuple[list[float], list[float]]) -> float:
    """The ratio of the fastest runs; the first of each only prepares the kernels."""
    default, other = (min(times[1:]) for times in taken)
    return default / max(other, 1e-9)


def _seconds(step: Step, clock: Clock) -> float:
    began = clock()
    step()
    return clock() - began
