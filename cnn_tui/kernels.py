"""The kernels of a convolution, as pictures."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn


class Kernels(NamedTuple):
    """The kernels of a convolution.

    `shape` is the shape of the weight, (out, in, height, width). `pictures` is (out, 3, height,
    width) if the input has three channels, else the mean over them, (out, 1, height, width).
    """

    shape: tuple[int, ...]
    pictures: Tensor


def first_convolution(model: nn.Module) -> str | None:
    """The name of the first convolution, or None if the model has none."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            return str(name)
    return None


def kernels(model: nn.Module, name: str) -> Kernels:
    """The kernels of the convolution of this name, float32, on the model's device."""
    weight = model.get_submodule(name).weight
    assert isinstance(weight, Tensor)
    values = weight.detach().float()
    pictures = values if values.shape[1] == 3 else values.mean(1, keepdim=True)
    return Kernels(tuple(values.shape), pictures)
