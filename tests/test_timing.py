"""How the speed of alternatives is compared, with a clock that the test turns."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from itertools import chain, repeat

import pytest

from engine.devices import timing


class Clock:
    """A clock that goes on only where somebody computes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def step(self, *first: float, then: float) -> timing.Step:
        """A step that takes these seconds, and `then` in all later runs."""
        seconds: Iterator[float] = chain(first, repeat(then))

        def run() -> None:
            self.now += next(seconds)

        return run


def result(generator: Generator[None, None, float]) -> tuple[float, int]:
    """What a generator returns, and how often it has yielded."""
    yielded = 0
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value, yielded
        yielded += 1


def test_the_fastest_runs_are_compared_and_the_first_ones_only_prepare() -> None:
    clock = Clock()
    default = clock.step(0.001, 0.05, 0.02, then=0.05)
    other = clock.step(0.09, 0.06, 0.06, 0.01, then=0.06)
    assert result(timing.gain(default, other, clock))[0] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("seconds", "turns"),
    [(0.01, 3), (0.02, 3), (0.005, 3), (0.0095, 3), (0.008, 12), (0.009, 12), (0.0071, 12)],
)
def test_a_gain_in_doubt_is_measured_longer(seconds: float, turns: int) -> None:
    clock = Clock()
    steps = clock.step(then=0.01), clock.step(then=seconds)
    gain, yielded = result(timing.gain(*steps, clock))
    assert gain == pytest.approx(0.01 / seconds)
    assert yielded == 2 * (1 + turns)


@pytest.mark.parametrize(("true", "chosen"), [(1.15, False), (1.35, True)])
@pytest.mark.parametrize("quiet", range(1, timing.MOST_TURNS + 1))
def test_one_quiet_run_of_each_is_enough(true: float, chosen: bool, quiet: int) -> None:
    """All other runs take longer, each by another factor that is the same for both steps."""
    clock = Clock()
    disturbed = [0.01 * (1.5 + turn % 3 / 4) for turn in range(1 + timing.MOST_TURNS)]
    disturbed[quiet] = 0.01
    default = clock.step(*disturbed, then=1.0)
    other = clock.step(*(seconds / true for seconds in disturbed), then=1.0)
    gain, _ = result(timing.gain(default, other, clock))
    assert (gain >= timing.CLEAR_GAIN) is chosen


def test_long_steps_are_measured_once() -> None:
    clock = Clock()
    steps = clock.step(then=1.2), clock.step(then=1.0)
    gain, yielded = result(timing.gain(*steps, clock))
    assert gain == pytest.approx(1.2)
    assert yielded == 4


def test_waiting_for_a_core_does_not_count() -> None:
    """By the clock that is used outside of tests. Of twelve waits, each takes 10 ms."""

    def computes() -> None:
        sum(range(20_000))

    def waits_and_computes() -> None:
        time.sleep(0.01)
        computes()

    assert result(timing.gain(computes, waits_and_computes))[0] > 0.2
