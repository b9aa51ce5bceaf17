"""Runs a copy of a model on one image, to find shapes, costs and the way of its tensors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnn_tui.independent_copy import evaluating_copy

T = TypeVar("T")


def compute_on_copy(
    model: nn.Module, images: Tensor, compute: Callable[[nn.Module, Tensor], T]
) -> T:
    """What `compute` makes of a copy of the model, in evaluation mode, and of these images.

    The images are on the model's device, where the copy shares the parameters. If the model fails
    there, both are on the meta device, which allocates no memory and computes shapes alone. It is
    not tried first, because PyTorch imports its compiler for many operations on it. Draws no random
    numbers. Raises what `compute` raises on the model's device, and ValueError if the model has
    lazy layers that have seen no data.
    """
    refuse_lazy_layers(model)
    device = images.device
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            return compute(_copy(model), images)
    except Exception as error:  # noqa: BLE001 (the model is anybody's)
        meta = torch.device("meta")
        try:
            return compute(evaluating_copy(model).to(meta), images.to(meta))
        except Exception:  # noqa: BLE001 (as above)
            raise error from None


def image_for(model: nn.Module, channels: int, size: int) -> Tensor:
    """An image (1, channels, size, size) with values from -1 to 1, on the model's device.

    It has the type of the model's first floating-point parameter.
    """
    device, count = device_of(model), channels * size * size
    values = torch.linspace(-1, 1, count, dtype=type_of(model), device=device)
    return values.view(1, channels, size, size)


def _copy(model: nn.Module) -> nn.Module:
    """A copy of the model in evaluation mode that shares its parameters."""
    return evaluating_copy(model, tuple(model.parameters()))


def device_of(model: nn.Module) -> torch.device:
    """The device of its first parameter or buffer."""
    tensors = itertools.chain(model.parameters(), model.buffers())
    return next((tensor.device for tensor in tensors), torch.device("cpu"))


def type_of(model: nn.Module) -> torch.dtype:
    """The type of its first floating-point parameter."""
    types = (parameter.dtype for parameter in model.parameters() if parameter.is_floating_point())
    return next(types, torch.float32)


def refuse_lazy_layers(model: nn.Module) -> None:
    """Raise ValueError if the model has lazy layers that have seen no data."""
    lazy = sum(_is_lazy(module) for module in model.modules())
    if lazy:
        layers = "1 layer is lazy" if lazy == 1 else f"{lazy} layers are lazy"
        raise ValueError(f"run one batch through the model first: {layers}")


def _is_lazy(module: nn.Module) -> bool:
    """Whether a parameter or buffer of the module itself has no shape yet."""
    tensors = (*module.parameters(recurse=False), *module.buffers(recurse=False))
    return any(is_lazy(tensor) for tensor in tensors)
