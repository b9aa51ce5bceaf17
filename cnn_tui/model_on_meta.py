"""A model and an image on the meta device, which allocates no memory and computes shapes alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

T = TypeVar("T")


def compute_on_copy(
    model: nn.Module, channels: int, size: int, compute: Callable[[nn.Module, Tensor], T]
) -> T:
    """What `compute` makes of a copy of the model, in evaluation mode, and an image for it.

    The image is (1, channels, size, size). Both are on the meta device, or on the CPU if the model
    fails there because it needs values: `.item()`, NumPy, or a branch that depends on the data.
    Draws no random numbers. Raises what `compute` raises on the CPU, and ValueError if the model
    has lazy layers that have seen no data.
    """
    refuse_lazy_layers(model)
    try:
        return compute(*model_on_meta(model, channels, size))
    except Exception:  # noqa: BLE001 (the model is anybody's)
        shadow = copy.deepcopy(model).cpu().eval()
        values = torch.linspace(-1, 1, channels * size * size, dtype=_type(model))
        with torch.random.fork_rng([]):
            return compute(shadow, values.view(1, channels, size, size))


def model_on_meta(model: nn.Module, channels: int, size: int) -> tuple[nn.Module, Tensor]:
    """A copy of the model in evaluation mode, and an image (1, channels, size, size) for it.

    The image has the type of the model's first floating-point parameter, float32 without one.
    Raises ValueError if the model has lazy layers that have seen no data.
    """
    refuse_lazy_layers(model)
    image = torch.empty(1, channels, size, size, dtype=_type(model), device="meta")
    return copy.deepcopy(model).to("meta").eval(), image


def _type(model: nn.Module) -> torch.dtype:
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
