"""Resolves every `auto` of a recipe for a device, before the model is known."""

from __future__ import annotations

from typing import Literal

import torch

from engine.catalog import architecture_names
from engine.devices import precision_autotune
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

    Precision: bfloat16 where the hardware multiplies it (AVX-512 BF16, AMX, compute capability 8
    and above) and, on a CPU, where it measures faster; else float32. Memory format: channels-last
    on a CPU and with bfloat16. Compilation: only where the recipe says so.
    """
    precision, layout = recipe.precision, recipe.memory_format
    if precision == "auto":
        precision = "bf16" if prefers_bf16(device) else "float32"
    if layout == "auto":
        suits = precision == "bf16" or device.type == "cpu"
        layout = "channels-last" if suits else "contiguous"
    return Resolved(
        device="cuda" if device.type == "cuda" else "cpu",
        precision=precision,
        memory_format=layout,
        threads=torch.get_num_threads() if recipe.threads == "auto" else recipe.threads,
        size=size,
        loader=loader,
        compile="on" if recipe.compile == "on" else "off",
        cuda_graph="on" if alone and uses_cuda_graph(recipe, device) else "off",
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
    """Whether this device has bfloat16 matrix arithmetic in hardware."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def prefers_bf16(device: torch.device) -> bool:
    """Whether a step is faster in bfloat16 here."""
    on_gpu = device.type == "cuda"
    return multiplies_bf16(device) and (on_gpu or precision_autotune.is_bf16_faster())
