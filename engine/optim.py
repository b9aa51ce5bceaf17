"""The optimiser that a recipe names."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from engine.recipe import Recipe


def optimizer(recipe: Recipe, model: nn.Module, device: torch.device) -> Optimizer:
    """SGD, Adam or AdamW over all parameters, each with weight decay as it defines it.

    Fused: one pass over the parameters, on a processor too.
    """
    # A rate on the GPU is changed in place, so that a compiled step is not traced again.
    lr = torch.tensor(recipe.lr, device=device) if device.type == "cuda" else recipe.lr
    parameters = model.parameters()
    if recipe.optimizer == "sgd":
        return SGD(
            parameters,
            lr=lr,
            momentum=recipe.momentum,
            nesterov=recipe.nesterov and recipe.momentum > 0,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
    kind = Adam if recipe.optimizer == "adam" else AdamW
    return kind(
        parameters,
        lr=lr,
        betas=(recipe.momentum, recipe.beta2),
        eps=recipe.eps,
        weight_decay=recipe.weight_decay,
        fused=True,
    )


def set_rate(optimizer: Optimizer, lr: float) -> None:
    """Give every parameter group this learning rate, without waiting for the device."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr
