"""Muon against torch's for matrices, and what it does with kernels."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.training.muon import ADAM_RMS, Muon, orthogonal


def group(*parameters: nn.Parameter, **given: Any) -> list[dict[str, Any]]:
    return [{"params": list(parameters), "lr": 0.1, "weight_decay": 0.0, **given}]


def muon(*parameters: nn.Parameter, dtype: torch.dtype = torch.float32, **given: Any) -> Muon:
    return Muon(group(*parameters, **given), momentum=0.9, nesterov=True, dtype=dtype)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(6, 6), (4, 12), (12, 4)])
@pytest.mark.parametrize("nesterov", [True, False])
def test_steps_on_a_matrix_are_torchs(shape: tuple[int, int], nesterov: bool) -> None:
    """To the precision of bfloat16, in which torch's makes all products."""
    ours, theirs = (nn.Parameter(noise(*shape)) for _ in range(2))
    pairs = [
        (
            ours,
            Muon(
                group(ours, weight_decay=0.5),
                momentum=0.9,
                nesterov=nesterov,
                dtype=torch.bfloat16,
            ),
        ),
        (
            theirs,
            torch.optim.Muon(
                [theirs],
                lr=0.1,
                weight_decay=0.5,
                momentum=0.9,
                nesterov=nesterov,
                adjust_lr_fn="match_rms_adamw",
            ),
        ),
    ]
    for step in range(4):
        for parameter, optimizer in pairs:
            parameter.grad = noise(*shape, seed=step)
            optimizer.step()
    torch.testing.assert_close(ours, theirs, rtol=0, atol=4e-3)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 4, 20), (2, 20, 4)])
def test_singular_values_come_near_one(shape: tuple[int, ...]) -> None:
    values = torch.linalg.svdvals(orthogonal(noise(*shape) * 100))
    assert values.min() > 0.6
    assert values.max() < 1.25


def test_directions_stay_as_they_were() -> None:
    matrix = noise(1, 5, 9)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    found = left.mT @ orthogonal(matrix) @ right.mT
    off = found - torch.diag_embed(found.diagonal(dim1=1, dim2=2))
    torch.testing.assert_close(off, torch.zeros_like(off), rtol=0, atol=1e-4)


def test_a_kernel_is_a_matrix_of_outputs_by_all_else() -> None:
    kernel = nn.Parameter(noise(4, 2, 3, 3))
    matrix = nn.Parameter(kernel.detach().flatten(1).clone())
    kernel.grad = noise(4, 2, 3, 3, seed=1).contiguous(memory_format=torch.channels_last)
    matrix.grad = noise(4, 2, 3, 3, seed=1).flatten(1)
    muon(kernel).step()
    muon(matrix).step()
    torch.testing.assert_close(kernel.flatten(1), matrix)


def test_parameters_of_one_shape_step_as_each_alone_would() -> None:
    together = [nn.Parameter(noise(4, 6, seed=seed)) for seed in range(3)]
    alone = [nn.Parameter(noise(4, 6, seed=seed)) for seed in range(3)]
    for parameters in (together, alone):
        for seed, parameter in enumerate(parameters):
            parameter.grad = noise(4, 6, seed=10 + seed)
    muon(*together).step()
    for parameter in alone:
        muon(parameter).step()
    for ours, theirs in zip(together, alone, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_an_update_is_as_large_as_adams() -> None:
    parameter = nn.Parameter(torch.zeros(16, 64))
    parameter.grad = noise(16, 64)
    muon(parameter).step()
    rms = float(parameter.detach().square().mean().sqrt())
    assert rms == pytest.approx(0.1 * ADAM_RMS * math.sqrt(64) / math.sqrt(64), rel=0.15)


def test_what_has_no_gradient_stays_as_it_is() -> None:
    frozen, learning = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2, 2))
    learning.grad = torch.eye(2)
    muon(frozen, learning, weight_decay=0.5).step()
    assert torch.equal(frozen, torch.ones(2, 2))
    assert not torch.equal(learning, torch.ones(2, 2))
    learning.grad = None
    muon(frozen, learning).step()


def test_a_gradient_of_zeros_leaves_the_decay_alone() -> None:
    parameter = nn.Parameter(torch.ones(2, 3))
    parameter.grad = torch.zeros(2, 3)
    muon(parameter, weight_decay=0.5).step()
    torch.testing.assert_close(parameter.detach(), torch.full((2, 3), 0.95))


def test_a_rate_may_be_a_tensor() -> None:
    number, tensor = nn.Parameter(noise(3, 3)), nn.Parameter(noise(3, 3))
    for parameter, lr in ((number, 0.1), (tensor, torch.tensor(0.1))):
        parameter.grad = noise(3, 3, seed=1)
        muon(parameter, lr=lr, weight_decay=0.1).step()
    torch.testing.assert_close(number, tensor)
