"""What is faster here, found out by trying it; and whether a processor trains faster in bfloat16.

Having the instructions says little. On one and the same kind of processor, a Xeon with AVX-512 BF16
and without AMX, `article-resnet` trained at 1.7 and at 0.8 times float32's images a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import torch
from torch.nn import functional as F

# A convolution as those in the middle of a small residual net; a tenth of a second for all tries.
BATCH, CHANNELS, SIDE, KERNEL = 8, 64, 32, 3
TRIES = 3
# The precision changes what is computed, and shall be the same at every start, on a busy machine
# too: it is tried more often, and both take turns.
PRECISION_TRIES = 8
# On a busy machine threads may wait long for each other: that is then known from one try.
ENOUGH_SECONDS = 0.3
# What is no faster than this is not worth leaving the usual for.
GAIN = 1.1

Option = TypeVar("Option")


Step: TypeAlias = Callable[[], None]
Clock: TypeAlias = Callable[[], float]


def layer(dtype: torch.dtype) -> Step:
    """A convolution's forward and backward pass; draws nothing."""
    shape, kernel = (BATCH, CHANNELS, SIDE, SIDE), (CHANNELS, CHANNELS, KERNEL, KERNEL)
    layout = torch.channels_last
    images = torch.ones(shape, dtype=dtype).contiguous(memory_format=layout).requires_grad_()
    weight = torch.ones(kernel, dtype=dtype).contiguous(memory_format=layout).requires_grad_()

    def step() -> None:
        F.conv2d(images, weight, padding=KERNEL // 2).sum().backward()  # type: ignore[no-untyped-call]

    return step


def best_of(step: Step) -> float:
    """The seconds of the fastest of a few tries, after one that prepares the kernels."""
    return best_in_turn([step], TRIES)[0]


def best_in_turn(
    steps: Sequence[Step], tries: int, clock: Clock = time.perf_counter
) -> list[float]:
    """As `best_of`, of several steps that take turns, so that what disturbs one disturbs all."""
    taken: list[list[float]] = []
    began = clock()
    while len(taken) < 2 or (len(taken) <= tries and clock() - began < ENOUGH_SECONDS * len(steps)):
        taken.append([seconds(step, clock) for step in steps])
    return [min(each) for each in zip(*taken[1:], strict=True)]


def seconds(step: Step, clock: Clock) -> float:
    began = clock()
    step()
    return clock() - began


def faster_in_bf16(
    step: Callable[[torch.dtype], Step] = layer, clock: Clock = time.perf_counter
) -> bool:
    """Whether a step, which `step` makes for a type, takes clearly less time in bfloat16."""
    steps = [step(torch.bfloat16), step(torch.float32)]
    bf16, float32 = best_in_turn(steps, PRECISION_TRIES, clock)
    return bf16 * GAIN < float32


def preferred(options: Sequence[Option], seconds: Callable[[Option], float]) -> Option:
    """The first option, unless the next one is clearly faster, and so on from there."""
    chosen, best = options[0], seconds(options[0])
    for option in options[1:]:
        taken = seconds(option)
        if taken * GAIN >= best:
            break
        chosen, best = option, taken
    return chosen
