"""What is faster here, found out by trying it; and whether a processor trains faster in bfloat16.

Having the instructions says little. On one and the same kind of processor, a Xeon with AVX-512 BF16
and without AMX, `article-resnet` trained at 1.7 and at 0.8 times float32's images a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch.nn import functional as F

# A convolution as those in the middle of a small residual net; a tenth of a second for all tries.
BATCH, CHANNELS, SIDE, KERNEL = 8, 64, 32, 3
TRIES = 3
# On a busy machine threads may wait long for each other: that is then known from one try.
ENOUGH_SECONDS = 0.3
# What is no faster than this is not worth leaving the usual for.
GAIN = 1.1

Option = TypeVar("Option")


def step_seconds(dtype: torch.dtype) -> float:
    """Seconds of the layer's forward and backward pass, the best of a few; draws nothing."""
    shape, kernel = (BATCH, CHANNELS, SIDE, SIDE), (CHANNELS, CHANNELS, KERNEL, KERNEL)
    layout = torch.channels_last
    images = torch.ones(shape, dtype=dtype).contiguous(memory_format=layout).requires_grad_()
    weight = torch.ones(kernel, dtype=dtype).contiguous(memory_format=layout).requires_grad_()

    def step() -> None:
        F.conv2d(images, weight, padding=KERNEL // 2).sum().backward()  # type: ignore[no-untyped-call]

    return best_of(step)


def best_of(step: Callable[[], None]) -> float:
    """The seconds of the fastest of a few tries, after one that prepares the kernels."""
    taken: list[float] = []
    while len(taken) < 2 or (len(taken) <= TRIES and sum(taken) < ENOUGH_SECONDS):
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def faster_in_bf16(seconds: Callable[[torch.dtype], float] = step_seconds) -> bool:
    """Whether a step takes clearly less time in bfloat16; `seconds` measures a step in a type."""
    return seconds(torch.bfloat16) * GAIN < seconds(torch.float32)


def preferred(options: Sequence[Option], seconds: Callable[[Option], float]) -> Option:
    """The first option, unless the next one is clearly faster, and so on from there."""
    chosen, best = options[0], seconds(options[0])
    for option in options[1:]:
        taken = seconds(option)
        if taken * GAIN >= best:
            break
        chosen, best = option, taken
    return chosen
