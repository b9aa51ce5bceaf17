"""The optimisers of a recipe, and the parameters that each of them updates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from engine.recipes.recipe import Recipe
from engine.training.eager_optimizers import SGD, Adam, AdamW
from engine.training.muon import Muon


def optimizers(
    recipe: Recipe, model: nn.Module, device: torch.device, dtype: torch.dtype
) -> list[Optimizer]:
    """The optimisers of a model's parameters: one, or Muon and AdamW for all but matrices.

    SGD, Adam and AdamW are fused: one pass over the parameters, on a CPU too. Muon computes
    its matrix products in `dtype`.
    """
    if recipe.optimizer != "muon":
        return [_fused(recipe, groups(recipe, model, model.parameters(), device))]
    matrices = _matrices(model)
    inside = groups(recipe, model, (p for p in model.parameters() if p in matrices), device)
    others = groups(recipe, model, (p for p in model.parameters() if p not in matrices), device)
    muon = Muon(inside, momentum=recipe.momentum, nesterov=recipe.nesterov, dtype=dtype)
    return [muon, _fused(recipe, others)] if others else [muon]


def _fused(recipe: Recipe, parameters: list[dict[str, Any]]) -> Optimizer:
    if recipe.optimizer == "sgd":
        return SGD(
            parameters,
            momentum=recipe.momentum,
            nesterov=recipe.nesterov and recipe.momentum > 0,
            # The fused kernel needs momenta for all parameters or for none; those of a trunk that
            # has just thawed have none.
            fused=not recipe.freeze,
        )
    kind = Adam if recipe.optimizer == "adam" else AdamW
    return kind(
        parameters,
        betas=(recipe.momentum, recipe.beta2),
        eps=recipe.eps,
        fused=True,
        # Keeps the count of steps on the GPU, so that a CUDA graph can record the step.
        capturable=all(isinstance(group["lr"], Tensor) for group in parameters),
    )


def groups(
    recipe: Recipe, model: nn.Module, chosen: Iterable[nn.Parameter], device: torch.device
) -> list[dict[str, Any]]:
    """The chosen parameters grouped by weight decay and by `scale`, a factor of the learning rate.

    Biases and the scales of norms do not decay, unless the recipe says so (He et al. 2018, "Bag of
    tricks for image classification").
    """
    norm_biases = {module.bias for module in model.modules() if isinstance(module, _BatchNorm)}
    found: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in chosen:
        decays = recipe.decay_norms or not _is_vector(parameter)
        scale = recipe.norm_bias_lr if parameter in norm_biases else 1.0
        found.setdefault((recipe.weight_decay * decays, scale), []).append(parameter)
    return [
        {"params": alike, "lr": _rate(recipe.lr, device), "weight_decay": decay, "scale": scale}
        for (decay, scale), alike in found.items()
    ]


def _is_vector(parameter: nn.Parameter) -> bool:
    """Whether all but one dimension is 1, as in (C,) or in ConvNeXt's layer scale (C, 1, 1)."""
    return parameter.numel() == max(parameter.shape, default=1)


def _matrices(model: nn.Module) -> set[Tensor]:
    """The weights of linear layers and of convolutions without groups."""
    return {
        module.weight
        for module in model.modules()
        if isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.groups == 1)
    }


def _rate(lr: float, device: torch.device) -> float | Tensor:
    """The learning rate; on a GPU a tensor, so that a recorded or compiled step reads changes."""
    return torch.tensor(lr, device=device) if device.type == "cuda" else lr


def set_rate(optimizers: Iterable[Optimizer], lr: float | Tensor) -> None:
    """Set the rate of every parameter group, times its scale, without waiting for the device.

    A recorded step reads it from a tensor () float64 on its device.
    """
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            # On a GPU each product is a launch more.
            rate = lr if group["scale"] == 1 else lr * group["scale"]
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = float(rate)


def restore(optimizers: Iterable[Optimizer], states: Iterable[dict[str, Any]]) -> None:
    """Load the states of a checkpoint, but keep the fields that depend on the device."""
    for optimizer, state in zip(optimizers, states, strict=True):
        local: list[dict[str, Any]] = [
            {key: group[key] for key in ("lr", "capturable") if key in group}
            for group in optimizer.param_groups
        ]
        optimizer.load_state_dict(state)
        for group, kept in zip(optimizer.param_groups, local, strict=True):
            group.update(kept)
