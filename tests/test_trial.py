"""The trial of precisions, and what follows from it."""

from __future__ import annotations

import pytest
import torch

from engine import device as devices
from engine import recipe, trial

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("bf16", "faster"), [(0.5, True), (0.95, False), (1.0, False), (2.0, False)]
)
def test_bfloat16_must_be_clearly_faster(bf16: float, faster: bool) -> None:
    seconds = {torch.float32: 1.0, torch.bfloat16: bf16}
    assert trial.faster_in_bf16(seconds.__getitem__) == faster


def test_a_trial_takes_time_and_no_random_numbers() -> None:
    before = torch.get_rng_state()
    assert trial.step_seconds(torch.float32) > 0
    assert torch.equal(torch.get_rng_state(), before)


def test_a_processor_gets_channels_last_and_whichever_precision_it_prefers() -> None:
    resolved = devices.resolve(recipe.build(), CPU, 32)
    assert resolved.memory_format == "channels-last"
    assert resolved.precision in ("float32", "bf16")


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_what_a_recipe_says_is_obeyed(precision: str) -> None:
    chosen = recipe.build(settings={"precision": precision, "memory_format": "contiguous"})
    resolved = devices.resolve(chosen, CPU, 32)
    assert (resolved.precision, resolved.memory_format) == (precision, "contiguous")
