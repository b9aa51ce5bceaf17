"""The optimisers without PyTorch's compiler equal those of `torch.optim` bit for bit."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from engine.training import eager_optimizers
from engine.training.muon import Muon

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3, "fused": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "fused": False}),
    ("Adam", {"lr": 0.01, "weight_decay": 1e-2, "fused": True}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.99)}),
    ("AdamW", {"lr": 0.01, "weight_decay": 1e-2, "fused": True}),
    ("AdamW", {"lr": 0.01, "amsgrad": True}),
]


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(48, 4))


def learn(model: nn.Module, optimizer: Optimizer, steps: range) -> None:
    for step in steps:
        images = torch.randn(8, 1, 6, 6, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model(images).square().mean().backward()
        optimizer.step()


def tensors(values: object) -> list[Tensor]:
    if isinstance(values, Tensor):
        return [values]
    if isinstance(values, dict):
        return [*itertools.chain.from_iterable(map(tensors, values.values()))]
    if isinstance(values, list | tuple):
        return [*itertools.chain.from_iterable(map(tensors, values))]
    return []


def plain(values: object) -> object:
    """The same values without tensors, to compare them."""
    if isinstance(values, Tensor):
        return str(values.dtype), tuple(values.shape)
    if isinstance(values, dict):
        return {key: plain(value) for key, value in values.items()}
    return [*map(plain, values)] if isinstance(values, list | tuple) else values


def assert_equal(ours: object, theirs: object) -> None:
    assert plain(ours) == plain(theirs)
    for one, other in zip(tensors(ours), tensors(theirs), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(("name", "settings"), KINDS)
def test_state_and_results_are_those_of_torch(name: str, settings: dict[str, Any]) -> None:
    ours, theirs = net(), net()
    eager = getattr(eager_optimizers, name)(ours.parameters(), **settings)
    usual = getattr(torch.optim, name)(theirs.parameters(), **settings)
    learn(ours, eager, range(5))
    learn(theirs, usual, range(5))
    assert_equal(dict(ours.state_dict()), dict(theirs.state_dict()))
    assert_equal(eager.state_dict(), usual.state_dict())


@pytest.mark.parametrize(("name", "settings"), KINDS)
def test_each_takes_the_state_of_the_other(name: str, settings: dict[str, Any]) -> None:
    """A checkpoint does not tell which of the two has written it."""
    model = net()
    usual = getattr(torch.optim, name)(model.parameters(), **settings)
    learn(model, usual, range(3))
    other = copy.deepcopy(model)
    eager = getattr(eager_optimizers, name)(other.parameters(), **settings)
    eager.load_state_dict(copy.deepcopy(usual.state_dict()))
    learn(model, usual, range(3, 6))
    learn(other, eager, range(3, 6))
    assert_equal(eager.state_dict(), usual.state_dict())
    assert_equal(dict(other.state_dict()), dict(model.state_dict()))


class TorchMuon(Muon):
    """Muon with the methods of `torch.optim.Optimizer`."""

    add_param_group = Optimizer.add_param_group
    load_state_dict = Optimizer.load_state_dict
    state_dict = Optimizer.state_dict
    zero_grad = Optimizer.zero_grad


def test_muon_is_that_of_torch_too() -> None:
    settings: dict[str, Any] = {"momentum": 0.9, "nesterov": True, "dtype": torch.float32}
    ours, theirs = (nn.Sequential(nn.Flatten(), nn.Linear(36, 4, bias=False)) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    eager, usual = (
        kind([{"params": [*model.parameters()], "lr": 0.1, "weight_decay": 0.1}], **settings)
        for kind, model in ((Muon, ours), (TorchMuon, theirs))
    )
    learn(ours, eager, range(4))
    learn(theirs, usual, range(4))
    assert_equal(dict(ours.state_dict()), dict(theirs.state_dict()))
    assert_equal(eager.state_dict(), usual.state_dict())


def test_a_step_computes_no_gradients_and_leaves_their_mode_alone() -> None:
    model = net()
    optimizer = eager_optimizers.SGD(model.parameters(), lr=0.1)
    learn(model, optimizer, range(1))
    assert torch.is_grad_enabled()
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(parameter.grad_fn is None for parameter in model.parameters())


def test_a_hook_after_each_step_is_called() -> None:
    model, calls = net(), []
    optimizer = eager_optimizers.Adam(model.parameters(), lr=0.1)
    optimizer.register_step_post_hook(lambda *_: calls.append(1))
    learn(model, optimizer, range(2))
    assert calls == [1, 1]
