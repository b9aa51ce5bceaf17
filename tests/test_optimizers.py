"""Optimisers: the fused ones against PyTorch's plain loops, and who is in which group."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer

from engine.recipes.recipe import Recipe
from engine.training import optimizers
from engine.training.muon import Muon

CPU = torch.device("cpu")

SGD_MOMENTUM = {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}
ADAM = {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1}
OURS: dict[str, Any] = {"lr": 0.01, "momentum": 0.8, "beta2": 0.99, "eps": 1e-4}


def made(recipe: Recipe, model: nn.Module) -> list[Optimizer]:
    return optimizers.optimizers(recipe, model, CPU, torch.float32)


def net() -> nn.Sequential:
    """Every kind of parameter: kernels, also depthwise, norms, biases and a layer scale."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, 4, 3, groups=4, bias=False),
        nn.Flatten(),
        nn.Linear(4, 2),
    )
    model.register_parameter("scale", nn.Parameter(torch.ones(4, 1, 1)))
    return model


def named(optimizer: Optimizer, model: nn.Module) -> dict[tuple[float, float], list[str]]:
    """The names of the parameters by the weight decay and the scale of their group."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {
        (group["weight_decay"], group["scale"]): sorted(names[p] for p in group["params"])
        for group in optimizer.param_groups
    }


@pytest.mark.parametrize(
    ("recipe", "plain", "settings"),
    [
        (Recipe(lr=0.1, momentum=0.8, weight_decay=0.01), torch.optim.SGD, SGD_MOMENTUM),
        (Recipe(lr=0.1, momentum=0.0, weight_decay=0.0), torch.optim.SGD, {"lr": 0.1}),
        (Recipe(optimizer="adam", weight_decay=0.1, **OURS), torch.optim.Adam, ADAM),
        (Recipe(optimizer="adamw", weight_decay=0.1, **OURS), torch.optim.AdamW, ADAM),
    ],
)
def test_steps_are_those_of_the_plain_optimiser(
    recipe: Recipe, plain: Any, settings: dict[str, Any]
) -> None:
    torch.manual_seed(0)
    ours = nn.Linear(5, 3, bias=False)
    theirs = copy.deepcopy(ours)
    (optimizer,) = made(recipe, ours)
    pairs = [(ours, optimizer), (theirs, plain(theirs.parameters(), **settings, foreach=False))]
    for step in range(4):
        inputs = torch.randn(8, 5, generator=torch.Generator().manual_seed(step))
        rate = settings["lr"] / (1 + step)
        optimizers.set_rate([optimizer], rate)
        pairs[1][1].param_groups[0]["lr"] = rate
        for model, each in pairs:
            each.zero_grad()
            model(inputs).square().mean().backward()
            each.step()
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-5, atol=1e-7)


def test_biases_norms_and_other_vectors_do_not_decay() -> None:
    model = net()
    (optimizer,) = made(Recipe(weight_decay=0.1), model)
    assert named(optimizer, model) == {
        (0.1, 1.0): ["0.weight", "2.weight", "4.weight"],
        (0.0, 1.0): ["0.bias", "1.bias", "1.weight", "4.bias", "scale"],
    }


def test_everything_decays_where_the_recipe_says_so() -> None:
    model = net()
    (optimizer,) = made(Recipe(weight_decay=0.1, decay_norms=True), model)
    assert list(named(optimizer, model)) == [(0.1, 1.0)]


def test_biases_of_norms_have_a_rate_of_their_own() -> None:
    model = net()
    (optimizer,) = made(Recipe(weight_decay=0.0, norm_bias_lr=64.0), model)
    assert named(optimizer, model)[0.0, 64.0] == ["1.bias"]
    optimizers.set_rate([optimizer], 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 32.0]


def test_muon_takes_the_matrices_and_adamw_the_rest() -> None:
    model = net()
    muon, adamw = made(Recipe(optimizer="muon", weight_decay=0.1), model)
    assert isinstance(muon, Muon)
    assert isinstance(adamw, torch.optim.AdamW)
    assert named(muon, model) == {(0.1, 1.0): ["0.weight", "4.weight"]}
    assert named(adamw, model) == {
        (0.1, 1.0): ["2.weight"],
        (0.0, 1.0): ["0.bias", "1.bias", "1.weight", "4.bias", "scale"],
    }


def test_muon_alone_where_all_are_matrices() -> None:
    assert len(made(Recipe(optimizer="muon"), nn.Linear(2, 2, bias=False))) == 1


def test_rate_that_is_a_tensor_is_filled_in_place() -> None:
    rate = torch.tensor(1.0)
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=rate, fused=True)
    optimizer.param_groups[0]["scale"] = 2.0
    optimizers.set_rate([optimizer], 0.25)
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.5


def test_a_restored_optimiser_keeps_its_own_rate() -> None:
    """Of a checkpoint it would lie on the processor, and be copied to the GPU in each step."""
    model = net()
    saved = [optimizer.state_dict() for optimizer in made(Recipe(lr=0.5), model)]
    (optimizer,) = made(Recipe(lr=0.1), model)
    rate = torch.tensor(0.1)
    optimizer.param_groups[0]["lr"] = rate
    optimizers.restore([optimizer], saved)
    assert optimizer.param_groups[0]["lr"] is rate
