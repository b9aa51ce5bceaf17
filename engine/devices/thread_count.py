"""The number of threads for a net: a rule, since a measurement would differ between two starts."""

from __future__ import annotations

import math

# What a step's waiting costs for each of its threads, in multiply-accumulates of forward passes.
# Measured with LeNet-5 on two cores: two threads are 1.5 to 1.9 times as fast as one on a quiet
# machine, and half as fast where four runs share the cores (`GOMP_SPINCOUNT` in
# engine/start/engine_environment.py).
WAITING = 6_000_000


def thread_count(cores: int, macs: int) -> int:
    """The threads for a step whose forward passes take `macs` multiply-accumulates in all.

    With t threads, a step takes `macs / t` for its work and `t * WAITING` for its waiting. The sum
    is least at the square root. So a LeNet-5 with batches of 128 gets two threads, `article-resnet`
    with its batches of 64 up to 32, and a ResNet-18 on the same images up to 108.
    """
    return max(1, min(cores, int(math.sqrt(macs / WAITING))))
