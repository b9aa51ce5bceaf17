"""The moving average of weights against its formula."""

from __future__ import annotations

import torch
from torch import nn

from engine.training.ema import WeightEma


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def moved(model: nn.Module, step: int) -> None:
    """Weights and statistics as if a step had been taken."""
    torch.manual_seed(step)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter))
    model.train()(torch.randn(8, 3))


def test_it_follows_its_formula_in_weights_and_statistics() -> None:
    model = net()
    average = WeightEma(model, 0.5)
    expected = {key: value.clone() for key, value in model.state_dict().items()}
    for step in range(1, 20):
        moved(model, step)
        average.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        for key, value in model.state_dict().items():
            if value.is_floating_point():
                expected[key] = decay * expected[key] + (1 - decay) * value
            else:
                expected[key] = value.clone()
    found = average.model.state_dict()
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value)
    assert found["1.num_batches_tracked"] == 19


def test_it_is_a_model_of_its_own_that_does_not_train() -> None:
    model = net()
    average = WeightEma(model, 0.9)
    moved(model, 1)
    assert not any(p.requires_grad for p in average.model.parameters())
    assert all(p.requires_grad for p in model.parameters())
    assert not average.model.training
    for ours, theirs in zip(average.model.parameters(), net().parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_net_without_counters_is_averaged_too() -> None:
    model = nn.Linear(2, 2)
    average = WeightEma(model, 0.9)
    with torch.no_grad():
        model.weight.fill_(1.0)
    average.update(100_000)
    assert isinstance(average.model, nn.Linear)
    assert not torch.equal(average.model.weight, model.weight)
