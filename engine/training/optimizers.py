"""The optimisers that a recipe names, and which of them each parameter belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import SGD, Adam, AdamW, Optimizer

from engine.recipes.recipe import Recipe
from engine.training.muon import Muon


def optimizers(
    recipe: Recipe, model: nn.Module, device: torch.device, dtype: torch.dtype
) -> list[Optimizer]:
    """What steps the parameters; only Muon needs a second one, AdamW, for what is no matrix.

    SGD, Adam and AdamW are fused: one pass over the parameters, on a processor too. `dtype` is
    that of Muon's matrix products.
    """
    if recipe.optimizer != "muon":
        return [_fused(recipe, groups(recipe, model, model.parameters(), device))]
    matrices = _matrices(model)
    inner = groups(recipe, model, (p for p in model.parameters() if p in matrices), device)
    outer = groups(recipe, model, (p for p in model.parameters() if p not in matrices), device)
    muon = Muon(inner, momentum=recipe.momentum, nesterov=recipe.nesterov, dtype=dtype)
    return [muon, _fused(recipe, outer)] if outer else [muon]


def _fused(recipe: Recipe, parameters: list[dict[str, Any]]) -> Optimizer:
    if recipe.optimizer == "sgd":
        return SGD(
            parameters,
            momentum=recipe.momentum,
            nesterov=recipe.nesterov and recipe.momentum > 0,
            # The fused kernel wants momentum for all or for none; a thawed trunk has none yet.
            fused=not recipe.freeze,
        )
    kind = Adam if recipe.optimizer == "adam" else AdamW
    return kind(
        parameters,
        betas=(recipe.momentum, recipe.beta2),
        eps=recipe.eps,
        fused=True,
        # Its count of steps on the GPU, so that the launches of a step can be recorded.
        capturable=all(isinstance(group["lr"], Tensor) for group in parameters),
    )


def groups(
    recipe: Recipe, model: nn.Module, chosen: Iterable[nn.Parameter], device: torch.device
) -> list[dict[str, Any]]:
    """The chosen parameters by their weight decay and by `scale`, a factor of the rate.

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
    """Also (C, 1, 1), as the layer scale of ConvNeXt is."""
    return parameter.numel() == max(parameter.shape, default=1)


def _matrices(model: nn.Module) -> set[Tensor]:
    """The weights of linear layers and of convolutions that see all their inputs."""
    return {
        module.weight
        for module in model.modules()
        if isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.groups == 1)
    }


def _rate(lr: float, device: torch.device) -> float | Tensor:
    """On a GPU a tensor, which is changed in place, so that a compiled step is not traced again."""
    return torch.tensor(lr, device=device) if device.type == "cuda" else lr


def set_rate(optimizers: Iterable[Optimizer], lr: float) -> None:
    """Give every parameter group this rate times its scale, without waiting for the device."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            rate = lr * group["scale"]
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate


def restore(optimizers: Iterable[Optimizer], states: Iterable[dict[str, Any]]) -> None:
    """Take up the states of a checkpoint; what belongs to this device stays as it is."""
    for optimizer, state in zip(optimizers, states, strict=True):
        own: list[dict[str, Any]] = [
            {key: group[key] for key in ("lr", "capturable") if key in group}
            for group in optimizer.param_groups
        ]
        optimizer.load_state_dict(state)
        for group, kept in zip(optimizer.param_groups, own, strict=True):
            group.update(kept)
