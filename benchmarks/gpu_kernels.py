"""Compiled steps against recorded ones, and the kernels on which a step spends its time.

For the part `compile` of benchmarks/gpu.py.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial
from typing import Any, NamedTuple

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.gpu_loops import NEEDS_A_GPU, Bench, Case, Loop, attempted, raced

PROFILED_STEPS, SHOWN = 40, 12
# Against today's replayed steps.
AIM: Mapping[str, float] = {"resnet18": 1.4}
# What a kernel does, by its name; the first that fits.
KINDS: Mapping[str, str] = {
    "compiled": r"^triton",
    "norms": r"norm|bn_|welford",
    "convolutions and products": r"conv|gemm|cutlass|xmma|wgrad|dgrad|fprop|cudnn|nvjet|addmm|::mm",
    "optimiser": r"fused_?(sgd|adam)|multi_tensor|foreach|_sgd_",
    "pooling": r"pool",
    "copies": r"copy|memcpy|memset|transpose|nchwTo|nhwcTo|index",
    "element by element": r"elementwise|vectorized|relu|add|mul|softmax|reduce",
}


class Kernel(NamedTuple):
    """A kernel's name, its microseconds a step, and its launches a step."""

    name: str
    microseconds: float
    launches: float


def compilation(bench: Bench, case: Case) -> dict[str, Any]:
    """Recorded steps, and compiled and recorded ones: images/s, and the kernels of both."""
    if not bench.on_gpu:
        return NEEDS_A_GPU
    # Else a second batch of one architecture is compiled for any batch, which is slower.
    torch.compiler.reset()
    with ExitStack() as stack:
        loops = {
            way: stack.enter_context(closing(Loop(bench, case))) for way in ("replayed", "compiled")
        }
        began = time.monotonic()
        loops["compiled"].trainer.compile()
        seconds = time.monotonic() - began
        print(f"compiled {case} in {seconds:.0f} s", flush=True)
        found = raced(f"compile {case}", loops, AIM.get(case.arch))
        kernels = {
            way: attempted(partial(profiled, bench, f"{case} {way}", loop))
            for way, loop in loops.items()
        }
    return {"seconds": seconds, **found, "kernels": kernels}


def profiled(bench: Bench, what: str, loop: Loop) -> dict[str, Any]:
    """Where the time of a step goes: the longest kernels, and shares by what they do."""
    activity = ProfilerActivity.CUDA if bench.on_gpu else ProfilerActivity.CPU
    loop.warm_up()
    first, began = loop.trainer.step, time.perf_counter()
    with profile(activities=[activity]) as profiler:
        loop.take(PROFILED_STEPS)
        loop.wait()
        seconds = time.perf_counter() - began
    steps = loop.trainer.step - first
    field = "self_device_time_total" if bench.on_gpu else "self_cpu_time_total"
    kernels = [
        Kernel(row.key, getattr(row, field) / steps, row.count / steps)
        for row in profiler.key_averages()
    ]
    return table(what, kernels, seconds * 1e6 / steps)


def table(what: str, kernels: list[Kernel], step: float) -> dict[str, Any]:
    """Print the longest kernels and the shares of each kind; `step` is its time in µs."""
    kernels = sorted(kernels, key=lambda kernel: -kernel.microseconds)
    busy = sum(kernel.microseconds for kernel in kernels) or 1.0
    shares: dict[str, float] = {}
    for kernel in kernels:
        kind = kind_of(kernel.name)
        shares[kind] = shares.get(kind, 0.0) + kernel.microseconds / busy
    print(f"kernels of {what}: {busy:.0f} of {step:.0f} µs a step")
    for kind, share in sorted(shares.items(), key=lambda pair: -pair[1]):
        print(f"  {share:6.1%}  {kind}")
    for name, microseconds, launches in kernels[:SHOWN]:
        print(f"  {microseconds:8.1f} µs {launches:6.1f} ×  {name[:90]}")
    print(end="", flush=True)
    longest = [kernel._asdict() for kernel in kernels[:SHOWN]]
    return {"busy µs": busy, "step µs": step, "shares": shares, "longest": longest}


def kind_of(name: str) -> str:
    fits = (kind for kind, pattern in KINDS.items() if re.search(pattern, name, re.IGNORECASE))
    return next(fits, "the rest")
