"""Finds the layer where a model's numbers stop being finite."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.leaf_modules import leaf_modules


def first_non_finite_layer(model: nn.Module, images: Tensor) -> str:
    """The first layer whose output for images (N, C, H, W) is not finite.

    If every output is finite, returns `first_non_finite_weight`. Runs in evaluation mode and leaves
    the model unchanged. A CPU-GPU sync for each layer.
    """
    found: list[str] = []

    def checking(name: str) -> Callable[[nn.Module, object, object], None]:
        def check(module: nn.Module, inputs: object, output: object) -> None:
            if not found and isinstance(output, Tensor) and not bool(output.isfinite().all()):
                found.append(name)

        return check

    leaves = [(name, module) for name, module in leaf_modules(model) if name]
    hooks = [module.register_forward_hook(checking(name)) for name, module in leaves]
    try:
        with evaluation_mode(model), torch.no_grad():
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else first_non_finite_weight(model)


def first_non_finite_weight(model: nn.Module) -> str:
    """The first layer with a weight that is not finite, or "". A CPU-GPU sync for each weight."""
    for name, weight in model.named_parameters():
        if not bool(weight.isfinite().all()):
            return name.rpartition(".")[0] or name
    return ""
