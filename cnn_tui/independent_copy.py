"""Copies a model so that the copy can learn for itself."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui.nested_tensors import tensors_in


def independent_copy(model: nn.Module, shared: tuple[Tensor, ...] = ()) -> nn.Module:
    """A deep copy of the model, apart from the `shared` tensors.

    `copy.deepcopy` alone makes the weights of TorchScript results of a computation, so that the
    gradients of a copy go to the original; and it fails for a model that keeps a result of its
    forward pass.
    """
    memo: dict[int, Any] = {id(tensor): tensor.detach() for tensor in _computed(model)}
    memo.update((id(tensor), tensor) for tensor in shared)
    with torch.no_grad():
        copied = copy.deepcopy(model, memo)
    for parameter, original in zip(copied.parameters(), model.parameters()):
        parameter.requires_grad_(original.requires_grad)
    return copied


def evaluating_copy(model: nn.Module, shared: tuple[Tensor, ...] = ()) -> nn.Module:
    """As `independent_copy`, in evaluation mode."""
    copied = independent_copy(model, shared)
    copied.eval()  # what it returns is anybody's
    return copied


def _computed(model: nn.Module) -> Iterator[Tensor]:
    """The tensors that the modules keep and that a forward pass has computed."""
    for module in model.modules():
        for tensor in tensors_in(vars(module)):
            if not tensor.is_leaf:
                yield tensor
