"""Tensors that a model keeps as plain attributes, which `Module.to` leaves where they are.

A tensor that belongs to a model should be a buffer: `self.register_buffer("mask", mask)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui.nested_tensors import tensors_in

# What every module has, and what PyTorch moves itself.
_TORCHS_OWN = frozenset(vars(nn.Module()))


def names(model: nn.Module) -> list[str]:
    """The attributes that hold such tensors: `mask`, `block.scales`."""
    return [
        f"{place}.{name}" if place else name
        for place, module in model.named_modules()
        for name, value in _attributes(module)
        if any(tensor.is_leaf for tensor in tensors_in(value))
    ]


def move(model: nn.Module, device: torch.device) -> None:
    """Move the tensors of such attributes to a device, also those in lists, tuples and dicts."""
    for module in model.modules():
        for name, value in list(_attributes(module)):
            if any(tensor.device != device for tensor in tensors_in(value)):
                setattr(module, name, _moved(value, device))


def _attributes(module: nn.Module) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in vars(module).items() if name not in _TORCHS_OWN)


def _moved(value: Any, device: torch.device) -> Any:
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, Mapping):
        return {key: _moved(each, device) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_moved(each, device) for each in value))
    if isinstance(value, (list, tuple)):
        return type(value)(_moved(each, device) for each in value)
    return value
