"""Optimisers: the fused ones against PyTorch's plain loops."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from engine import optim
from engine.recipe import Recipe

CPU = torch.device("cpu")

SGD_MOMENTUM = {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}
ADAM = {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1}


@pytest.mark.parametrize(
    ("recipe", "plain", "settings"),
    [
        (Recipe(lr=0.1, momentum=0.8, weight_decay=0.01), torch.optim.SGD, SGD_MOMENTUM),
        (Recipe(lr=0.1, momentum=0.0, weight_decay=0.0), torch.optim.SGD, {"lr": 0.1}),
        (
            Recipe(optimizer="adam", lr=0.01, momentum=0.8, beta2=0.99, eps=1e-4, weight_decay=0.1),
            torch.optim.Adam,
            ADAM,
        ),
        (
            Recipe(
                optimizer="adamw", lr=0.01, momentum=0.8, beta2=0.99, eps=1e-4, weight_decay=0.1
            ),
            torch.optim.AdamW,
            ADAM,
        ),
    ],
)
def test_steps_are_those_of_the_plain_optimiser(
    recipe: Recipe, plain: Any, settings: dict[str, Any]
) -> None:
    torch.manual_seed(0)
    ours = nn.Linear(5, 3)
    theirs = copy.deepcopy(ours)
    pairs = [
        (ours, optim.optimizer(recipe, ours, CPU)),
        (theirs, plain(theirs.parameters(), **settings, foreach=False)),
    ]
    for step in range(4):
        inputs = torch.randn(8, 5, generator=torch.Generator().manual_seed(step))
        for model, optimizer in pairs:
            optim.set_rate(optimizer, settings["lr"] / (1 + step))
            optimizer.zero_grad()
            model(inputs).square().mean().backward()
            optimizer.step()
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(ours.bias, theirs.bias, rtol=1e-5, atol=1e-7)


def test_rate_reaches_every_group_as_a_number() -> None:
    model = nn.Linear(2, 2)
    optimizer = optim.optimizer(Recipe(), model, CPU)
    optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(1))], "lr": 1.0})
    optim.set_rate(optimizer, 0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]


def test_rate_that_is_a_tensor_is_filled_in_place() -> None:
    rate = torch.tensor(1.0)
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=rate, fused=True)
    optim.set_rate(optimizer, 0.25)
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25
