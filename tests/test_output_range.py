"""Networks that end in an activation function, and such as only look so."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.data.base.dataset import Dataset
from engine.data.sets import digits as digits_set
from engine.devices import device_resolution
from engine.inspection.output_range import ending, measured_range
from engine.models import registry
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.training.trainer import Trainer
from tests.loading import run_to_end

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return run_to_end(digits_set.load(build_recipe()))[1]


def alerts(digits: Dataset, end: nn.Module, **settings: Any) -> list[events.Alert]:
    """What a training says in some steps whose LeNet-5 ends in this module."""
    torch.set_num_threads(1)
    chosen = build_recipe(settings={"epochs": 1, "threads": 1, "batch": 64} | settings)
    torch.manual_seed(0)
    net = nn.Sequential(registry.build("lenet5", 1, 32, 10), end)
    resolved = device_resolution.resolve(chosen, CPU, 32)
    ticks = iter(range(1_000_000))
    work = Trainer(chosen, resolved, CPU, digits, net, lambda: float(next(ticks)))
    with contextlib.closing(work.run()) as said:
        some = [*itertools.islice(said, 40)]
    return [event for event in some if isinstance(event, events.Alert)]


@pytest.mark.parametrize("precision", ["float32", "bf16"])
@pytest.mark.parametrize("end", [nn.Softmax(1), nn.Sigmoid(), nn.ReLU()])
def test_an_activation_after_the_logits_is_told_once_in_the_first_step(
    digits: Dataset, end: nn.Module, precision: str
) -> None:
    [alert] = alerts(digits, end, precision=precision)
    assert (alert.level, alert.code, alert.step) == ("warning", "logits", 1)
    assert f" end in a {type(end).__name__}".lower() in alert.text.lower().replace("ends", "end")
    assert "Remove it" in alert.text


@pytest.mark.parametrize("end", [nn.Identity(), nn.LogSoftmax(1)])
def test_logits_and_their_log_softmax_are_as_they_should_be(
    digits: Dataset, end: nn.Module
) -> None:
    [alert] = alerts(digits, end)
    assert alert.code == "first-loss"
    assert "as it should be" in alert.text


@given(st.integers(0, 10_000), st.integers(2, 100), st.sampled_from([0.01, 0.3, 3.0, 100.0]))
def test_logits_of_any_size_are_not_taken_for_an_activation(
    seed: int, classes: int, size: float
) -> None:
    """Neither at chance, where each class has its own nearly constant logit, nor later."""
    random = torch.Generator().manual_seed(seed)
    constant = torch.randn(1, classes, generator=random)
    logits = size * (constant + 0.1 * torch.randn(64, classes, generator=random))
    assert ending(measured_range(logits)) is None


SOFTMAX: Callable[[Tensor], Tensor] = nn.Softmax(1)


@pytest.mark.parametrize(
    "logits",
    [
        torch.zeros(64, 10),  # the last layer begins at zero
        torch.full((64, 10), float("nan")),
        torch.rand(1, 3),
        SOFTMAX(torch.randn(64, 10)).log(),
        SOFTMAX(torch.randn(64, 10)) - 0.1,
    ],
)
def test_what_says_nothing_is_not_told(logits: Tensor) -> None:
    assert ending(measured_range(logits)) is None
