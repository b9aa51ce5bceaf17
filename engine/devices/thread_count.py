"""The number of threads for a net: a rule, since a measurement would differ between two starts."""

from __future__ import annotations

import math

# What a step's waiting costs for each of its threads, in multiply-accumulates of forward passes. On
# a quiet machine it is less. But on a busy one, each operation waits until the kernel has run all
# threads: twenty LeNet-5 with two threads each on two cores stood almost still.
WAITING = 64_000_000


def thread_count(cores: int, macs: int) -> int:
    """The threads for a step whose forward passes take `macs` multiply-accumulates in all.

    With t threads, a step takes `macs / t` for its work and `t * WAITING` for its waiting. The sum
    is least at the square root. So a LeNet-5 with batches of 128 gets one thread, `article-resnet`
    with its batches of 64 gets up to 10, and a ResNet-18 on the same images up to 33.
    """
    return max(1, min(cores, int(math.sqrt(macs / WAITING))))
