"""The layers of a model: its modules without parts, and convolutions and the like with theirs."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

# The part in which PyTorch keeps how it computes a layer's weights from its parameters, as in
# `nn.utils.parametrizations.weight_norm`. It belongs to the layer.
_PARAMETRIZATIONS = "parametrizations"


# A layer of these kinds is one whatever parts it has: a user's convolution may pad its input first.
_LAYERS = (
    nn.modules.conv._ConvNd,
    nn.Linear,
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
)


def leaf_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The leaf modules by name; convolutions, linear layers and norms are leaves with all parts.

    Modules of TorchScript, whose hooks are refused or never called, are left out.
    """
    inside = ""
    for name, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule) or (inside and name.startswith(inside)):
            continue
        parts = {child for child, _ in module.named_children()}
        if isinstance(module, _LAYERS) or parts <= {_PARAMETRIZATIONS}:
            inside = f"{name}."
            yield name, module
