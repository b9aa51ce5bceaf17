"""Checks, without torch, that this machine has the devices that a recipe asks for."""

from __future__ import annotations

import os

from msgspec import UNSET

from engine import text
from engine.errors import UsageError
from engine.machine import nvml
from engine.machine.cgroups import usable_cores
from engine.recipes.recipe import Recipe, share_of_batch
from engine.start import start_text

# Each of these files is a sign of GPUs that NVML may not list: NVIDIA GPUs in a container without
# the NVML library, AMD GPUs, GPUs under WSL, a Jetson's GPU.
GPU_SIGNS = ("/proc/driver/nvidia/gpus", "/dev/kfd", "/dev/dxg", "/dev/nvhost-gpu", "/dev/nvgpu")


def count_ranks(recipe: Recipe) -> int:
    """The number of processes that train a run on this machine: one for each GPU, or CPU processes.

    Raises UsageError if this machine has fewer GPUs, or if the processes cannot share the batch.
    """
    if recipe.gpus == 1:
        return 1
    if ":" in recipe.device:
        raise UsageError(start_text.gpus_and_number(recipe.device))
    available = len(nvml.usable_gpus()) if recipe.device != "cpu" else usable_cores()
    count = available if recipe.gpus == "all" else recipe.gpus
    if recipe.device != "cpu" and not 0 < count <= available:
        raise UsageError(start_text.too_few_gpus(count, available))
    share_of_batch(recipe.batch, count)
    return count


def check_device(device: str) -> None:
    """Raise UsageError for a GPU that this machine lacks, as far as NVML knows."""
    kind, _, number = device.partition(":")
    if kind != "cuda":
        return
    known = nvml.gpus()
    numbers = {gpu.cuda for gpu in known if gpu.cuda is not UNSET}
    if not known and any(map(os.path.exists, GPU_SIGNS)):
        return
    if not numbers:
        raise UsageError(text.no_cuda(device))
    if number and int(number) not in numbers:
        raise UsageError(text.no_such_gpu(device, len(numbers)))
