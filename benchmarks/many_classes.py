"""What counting costs in an evaluation with many classes, beside the network itself.

    python -m benchmarks.many_classes [--classes 1000] [--rounds 9] [--arch ARCH …]

The CPU time of one evaluation batch of 3×32×32 images on one thread: the forward pass and the
cross-entropy in turns with the whole of it. The difference, hits and top five and the cells of the
confusion matrix, may take 3 % with 1,000 classes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

from benchmarks.peer import interval, upper_verdict
from engine.devices.forward_pass import Judge
from engine.distributed.rank import Rank
from engine.models import registry
from engine.start.engine_environment import KEEP_MEMORY
from engine.training.metrics import Evaluation

BATCH, MOST = 256, 0.03
CPU = torch.device("cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--arch", nargs="*", default=["lenet5", "resnet20", "resnet18"])
    options = parser.parse_args()
    if not KEEP_MEMORY.items() <= os.environ.items():  # the allocator reads them at its start
        again = [sys.executable, "-m", "benchmarks.many_classes", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, **KEEP_MEMORY})
    torch.set_num_threads(1)
    for arch in options.arch:
        shares = measured(arch, options.classes, options.rounds)
        low, high = interval(shares)
        name = f"counting in an evaluation of {arch}, {options.classes} classes"
        words = f"{statistics.median(shares):.3f}   ({low:.3f} to {high:.3f})"
        print(f"  {name}  {words}   {upper_verdict(low, high, MOST)}", flush=True)


def measured(arch: str, classes: int, rounds: int) -> list[float]:
    """The share of each round's evaluation that is neither the network nor its loss."""
    model = registry.build(arch, 3, 32, classes).eval().to(memory_format=torch.channels_last)
    images = torch.randn(BATCH, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(classes, (BATCH,))
    judge = Judge(CPU)
    evaluation = Evaluation(classes, CPU, Rank())

    def whole() -> None:
        evaluation.add(judge.logits(model, images), labels)

    def network() -> None:
        F.cross_entropy(judge.logits(model, images).float(), labels, reduction="sum")

    seconds(whole)
    return [1 - seconds(network) / seconds(whole) for _ in range(rounds)]


def seconds(work: Callable[[], None]) -> float:
    """The CPU time of the work, the least of three."""
    found = []
    for _ in range(3):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


if __name__ == "__main__":
    main()
