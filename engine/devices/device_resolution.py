"""Resolves every `auto` of a recipe for a device by rules, before the model is known."""

from __future__ import annotations

from typing import Literal

import torch

from engine.catalog import architecture_names
from engine.recipes.recipe import Recipe, Resolved


def resolve(
    recipe: Recipe,
    device: torch.device,
    size: int,
    loader: Literal["resident", "streaming"] = "resident",
    *,
    alone: bool = True,
) -> Resolved:
    """Resolve every `auto` of a recipe for this device.

    `alone` says that no other process shares the training.

    Precision: bfloat16 on a GPU that multiplies it (compute capability 8 and above), else float32.
    Memory format: channels-last on a CPU and with bfloat16. Compilation: only where the recipe says
    so. Deterministic kernels: likewise, on a GPU; those of a CPU always are. Parts of a batch: one.
    `autotune`, and on a GPU a trial of the training, then change what depends on the model.
    """
    precision, layout = recipe.precision, recipe.memory_format
    if precision == "auto":
        precision = "bf16" if multiplies_bf16(device) else "float32"
    if layout == "auto":
        suits = precision == "bf16" or device.type == "cpu"
        layout = "channels-last" if suits else "contiguous"
    return Resolved(
        device="cuda" if device.type == "cuda" else "cpu",
        precision=precision,
        memory_format=layout,
        threads=torch.get_num_threads() if recipe.threads == "auto" else recipe.threads,
        size=size,
        accumulate=1 if recipe.accumulate == "auto" else recipe.accumulate,
        loader=loader,
        compile="on" if recipe.compile == "on" else "off",
        cuda_graph="on" if alone and uses_cuda_graph(recipe, device) else "off",
        deterministic="on" if device.type == "cuda" and recipe.deterministic == "on" else "off",
    )


def uses_cuda_graph(recipe: Recipe, device: torch.device) -> bool:
    """Whether the steps of this recipe are recorded and replayed here.

    `auto` excludes a user's architecture, whose Python code may decide differently at every step. A
    frozen trunk excludes graphs too, since the step changes when the trunk thaws.
    """
    if device.type != "cuda" or recipe.freeze:
        return False
    user_model = architecture_names.user_function(recipe.arch) is not None
    return recipe.cuda_graph == "on" or (recipe.cuda_graph == "auto" and not user_model)


def multiplies_bf16(device: torch.device) -> bool:
    """Whether this is a GPU that has bfloat16 matrix arithmetic in hardware."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= 8
