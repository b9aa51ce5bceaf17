"""The trial of precisions, and what follows from it."""

from __future__ import annotations

import pytest
import torch

from engine.devices import device_resolution, precision_autotune, timing
from engine.recipes.recipe_building import build_recipe

CPU = torch.device("cpu")


class Clock:
    """A clock that goes on only where somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("bf16", "faster"), [(0.5, True), (0.95, False), (1.0, False), (2.0, False)]
)
def test_bfloat16_must_be_clearly_faster(bf16: float, faster: bool) -> None:
    clock = Clock()
    seconds = {torch.float32: 0.01, torch.bfloat16: bf16 * 0.01}

    def taking(dtype: torch.dtype) -> timing.Step:
        return lambda: clock.wait(seconds[dtype])

    assert precision_autotune.is_bf16_faster(taking, clock) == faster


def test_tries_that_are_disturbed_do_not_count() -> None:
    """All of bfloat16's but one are, and the first ones prepare the kernels."""
    clock = Clock()
    left = {torch.bfloat16: [0.05, *[0.03] * 5, 0.004], torch.float32: [0.05, *[0.01] * 6]}

    def taking(dtype: torch.dtype) -> timing.Step:
        return lambda: clock.wait(left[dtype].pop(0) if left[dtype] else 0.1)

    assert precision_autotune.is_bf16_faster(taking, clock)


def test_a_trial_on_a_busy_machine_ends_soon() -> None:
    clock = Clock()
    timing.best_in_turn([lambda: clock.wait(5.0)] * 2, 100, clock)
    assert clock.now == 20


def test_a_trial_takes_time_and_no_random_numbers() -> None:
    before = torch.get_rng_state()
    assert timing.best_of(precision_autotune.layer(torch.float32)) > 0
    assert torch.equal(torch.get_rng_state(), before)


def test_a_processor_gets_channels_last_and_whichever_precision_it_prefers() -> None:
    resolved = device_resolution.resolve(build_recipe(), CPU, 32)
    assert resolved.memory_format == "channels-last"
    assert resolved.precision in ("float32", "bf16")


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_what_a_recipe_says_is_obeyed(precision: str) -> None:
    chosen = build_recipe(settings={"precision": precision, "memory_format": "contiguous"})
    resolved = device_resolution.resolve(chosen, CPU, 32)
    assert (resolved.precision, resolved.memory_format) == (precision, "contiguous")
