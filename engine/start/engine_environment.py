"""The environment variables of an engine process. They must be set before torch is loaded."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

import engine
from engine.errors import RunError
from engine.machine import gpu_numbering
from engine.machine.cgroups import computing_cores
from engine.recipes.recipe import Recipe
from engine.start import start_text

# For glibc (mallopt(3)): keep the memory that a step frees, for the next step. Otherwise the pages
# of each batch go back to the kernel and must be faulted in again, which takes a tenth of the time
# of a LeNet-5.
KEEP_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
    "MALLOC_TOP_PAD_": str(1 << 26),
}

# For GNU OpenMP: how long a thread spins for the others before it sleeps. By default, it spins so
# long that four LeNet-5 with two threads each on two cores train 15 times as slowly as with this
# value, while one alone is as fast.
SPIN_COUNT = "50000"

# For cuBLAS: one workspace for each stream, so that its products have the same bits every time
# ("Results reproducibility" in its docs). Older versions of PyTorch complain without it.
ONE_WORKSPACE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}

UNLESS_SET = {
    "GOMP_SPINCOUNT": SPIN_COUNT,
    "CUDA_DEVICE_ORDER": gpu_numbering.NVML_ORDER,  # torch then numbers GPUs as the launcher
    **KEEP_MEMORY,
}
FIXED = {
    "PYTHONSAFEPATH": "1",
    "PYTHONUNBUFFERED": "1",
    "OMP_DYNAMIC": "FALSE",
    "MKL_DYNAMIC": "FALSE",
}

# The most processes of the compiler. Each takes hundreds of MB, and more of them help little.
COMPILE_WORKERS = 4


def environment(recipe: Recipe, processes: int = 1) -> Mapping[str, str]:
    """The variables of an engine: thread counts, a safe module path, the memory allocator.

    `processes` share the cores of this machine. The user's settings of the allocator, the compiler
    and the order of GPUs take precedence.
    """
    threads = recipe.threads
    count = max(1, computing_cores() // processes) if threads == "auto" else threads
    usual = {
        "TORCHINDUCTOR_COMPILE_THREADS": str(min(count, COMPILE_WORKERS)),
        **UNLESS_SET,
        **(ONE_WORKSPACE if recipe.deterministic == "on" else {}),
    }
    return usual | os.environ | FIXED | {"OMP_NUM_THREADS": str(count)}


def without_ours(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of an engine without those that are meant for it alone.

    What the user had in their place is not known, except where it took precedence.
    """
    ours = UNLESS_SET | ONE_WORKSPACE | FIXED
    counts = ("TORCHINDUCTOR_COMPILE_THREADS", "OMP_NUM_THREADS")
    return {
        name: value
        for name, value in variables.items()
        if ours.get(name) != value and name not in counts
    }


def check_modules() -> None:
    """Raise RunError if a module of another project hides one of this project."""
    ours = Path(engine.__file__ or "").resolve().parent.parent
    for module in ("cnn_tui", "engine", "tui"):
        spec = importlib.util.find_spec(module)
        found = Path(spec.origin).resolve() if spec and spec.origin else Path()
        if found.parent.parent != ours:
            raise RunError(start_text.intruder(module, found, ours))
