"""Measures on one layer whether a CPU trains faster in bfloat16.

The CPU's instruction set does not tell: on two machines with the same kind of CPU, a Xeon with
AVX-512 BF16 and without AMX, `article-resnet` trained at 1.7 and at 0.8 times the speed of float32.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

from engine.devices.timing import GAIN, Clock, Step, best_in_turn

# A convolution as in the middle of a small residual net; all runs together take a tenth of a
# second.
BATCH, CHANNELS, SIDE, KERNEL = 8, 64, 32, 3
# The precision changes the results of a run, so it should be the same at every start, even on a
# busy machine. Therefore it is measured more often than other settings.
RUNS = 8


def layer(dtype: torch.dtype) -> Step:
    """A convolution's forward and backward pass; draws no random numbers."""
    shape, kernel = (BATCH, CHANNELS, SIDE, SIDE), (CHANNELS, CHANNELS, KERNEL, KERNEL)
    layout = torch.channels_last
    images = torch.ones(shape, dtype=dtype).contiguous(memory_format=layout).requires_grad_()
    weight = torch.ones(kernel, dtype=dtype).contiguous(memory_format=layout).requires_grad_()

    def step() -> None:
        F.conv2d(images, weight, padding=KERNEL // 2).sum().backward()  # type: ignore[no-untyped-call]

    return step


def is_bf16_faster(
    step: Callable[[torch.dtype], Step] = layer, clock: Clock = time.perf_counter
) -> bool:
    """Whether a step, which `step` makes for a type, takes clearly less time in bfloat16."""
    steps = [step(torch.bfloat16), step(torch.float32)]
    bf16, float32 = best_in_turn(steps, RUNS, clock)
    return bf16 * GAIN < float32
