"""Adapts the first layers of a model for colour images of 224 pixels to other images."""

from __future__ import annotations

import torch
from torch import nn


def replace(model: nn.Module, name: str, layer: nn.Module) -> None:
    """Replace the layer of this dotted name."""
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, layer)


def with_channels(model: nn.Module, channels: int) -> nn.Module:
    """The model for images of 1 or 3 channels.

    Each filter for grey images is the sum of a colour filter over its channels. For a grey image
    the model then has the same output as the colour model for three equal channels.
    """
    name, conv = next((n, m) for n, m in model.named_modules() if isinstance(m, nn.Conv2d))
    if conv.in_channels == channels:
        return model
    assert channels == 1, "images have one channel or three"
    grey = nn.Conv2d(
        1,
        conv.out_channels,
        _pair(conv.kernel_size),
        _pair(conv.stride),
        padding=conv.padding if isinstance(conv.padding, str) else _pair(conv.padding),
        bias=conv.bias is not None,
    )
    with torch.no_grad():
        grey.weight.copy_(conv.weight.sum(1, keepdim=True))
        if conv.bias is not None and grey.bias is not None:
            grey.bias.copy_(conv.bias)
    replace(model, name, grey)
    return model


def _pair(size: tuple[int, ...]) -> tuple[int, int]:
    height, width = size
    return height, width


def keep_size(model: nn.Module, layers: int) -> nn.Module:
    """The model, with stride 1 in place of stride 2 in its first `layers` such convolutions."""
    halving = (m for m in model.modules() if isinstance(m, nn.Conv2d) and m.stride == (2, 2))
    for _, conv in zip(range(layers), halving, strict=False):
        conv.stride = (1, 1)
    return model
