"""The layers of a model: its modules without parts."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

# The part in which PyTorch keeps how it computes a layer's weights from its parameters, as in
# `nn.utils.parametrizations.weight_norm`. It belongs to the layer.
_PARAMETRIZATIONS = "parametrizations"


def leaf_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The leaf modules by name; a layer with parametrized weights is one.

    Modules of TorchScript, whose hooks are refused or never called, are left out.
    """
    for name, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            continue
        parts = {child for child, _ in module.named_children()}
        if _PARAMETRIZATIONS not in name.split(".") and parts <= {_PARAMETRIZATIONS}:
            yield name, module
