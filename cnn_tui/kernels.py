"""The kernels of a convolution, as a person can look at them."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn


class Kernels(NamedTuple):
    """The kernels of a convolution.

    `shape` is that of its weight, (out, in, height, width). `pictures` is (out, 3, height, width)
    for an input of three channels, else (out, 1, height, width), the mean over the channels.
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
