"""Whether a processor trains faster in bfloat16: found out by trying a layer in both.

Having the instructions says little. On one and the same kind of processor, a Xeon with AVX-512 BF16
and without AMX, `article-resnet` trained at 1.7 and at 0.8 times float32's images a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

# A convolution as those in the middle of a small residual net; a tenth of a second for all tries.
BATCH, CHANNELS, SIDE, KERNEL = 8, 64, 32, 3
TRIES = 3
# Mixed precision is not worth less than this.
GAIN = 1.1


def step_seconds(dtype: torch.dtype) -> float:
    """Seconds of the layer's forward and backward pass, the best of a few; draws nothing."""
    shape, kernel = (BATCH, CHANNELS, SIDE, SIDE), (CHANNELS, CHANNELS, KERNEL, KERNEL)
    layout = torch.channels_last
    images = torch.ones(shape, dtype=dtype).contiguous(memory_format=layout).requires_grad_()
    weight = torch.ones(kernel, dtype=dtype).contiguous(memory_format=layout).requires_grad_()
    taken = []
    for _ in range(1 + TRIES):  # the first one prepares the kernels
        began = time.perf_counter()
        F.conv2d(images, weight, padding=KERNEL // 2).sum().backward()  # type: ignore[no-untyped-call]
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def faster_in_bf16(seconds: Callable[[torch.dtype], float] = step_seconds) -> bool:
    """Whether a step takes clearly less time in bfloat16; `seconds` measures a step in a type."""
    return seconds(torch.bfloat16) * GAIN < seconds(torch.float32)
