"""What counting costs in an evaluation with many classes, beside the network itself.

    python -m benchmarks.many_classes [--classes 1000] [--rounds 9] [--arch ARCH …]

The CPU time of evaluations of 3×32×32 images on one thread. What follows a forward pass is timed
in turns with the cross-entropy alone. The difference, hits and top five and the cells of the
confusion matrix, may take 3 % of the whole with 1,000 classes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.peer import upper_judged
from engine.devices.forward_pass import Judge
from engine.distributed.rank import Rank
from engine.models import registry
from engine.start.engine_environment import KEEP_MEMORY
from engine.training.metrics import Evaluation

BATCH, MOST = 256, 0.03
BATCHES = 16
TURNS = 2  # of which the quickest counts
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
        name = f"counting in an evaluation of {arch}, {options.classes} classes"
        print(f"  {name}  {upper_judged(shares, MOST)}", flush=True)


def measured(arch: str, classes: int, rounds: int) -> list[float]:
    """The share of each round's evaluation that is neither the network nor its loss."""
    model = registry.build(arch, 3, 32, classes).eval().to(memory_format=torch.channels_last)
    images = torch.randn(BATCH, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(classes, (BATCH,))
    shares = []
    for _ in range(rounds + 1):
        turns = [
            (*seconds(model, images, labels, Evaluation(classes, CPU, Rank())),
             *seconds(model, images, labels, OnlyLoss()))
            for _ in range(TURNS)
        ]  # fmt: skip
        forward, counted, _, lost = (min(column) for column in zip(*turns, strict=True))
        shares.append((counted - lost) / (forward + counted))
    return shares[1:]  # the first warms up


class OnlyLoss:
    """Adds up the cross-entropy of the batches, and nothing else."""

    def __init__(self) -> None:
        self._loss = torch.zeros((), dtype=torch.float64)

    def add(self, logits: Tensor, labels: Tensor) -> None:
        self._loss += F.cross_entropy(logits.float(), labels, reduction="sum")

    def result(self) -> float:
        return float(self._loss)


def seconds(
    model: nn.Module, images: Tensor, labels: Tensor, evaluation: Evaluation | OnlyLoss
) -> tuple[float, float]:
    """The CPU time of the forward passes of an evaluation, and of all that it counts."""
    judge, forward, began = Judge(CPU), 0.0, time.process_time()
    for _ in range(BATCHES):
        computing = time.process_time()
        logits = judge.logits(model, images)
        forward += time.process_time() - computing
        evaluation.add(logits, labels)
    evaluation.result()
    return forward, time.process_time() - began - forward


if __name__ == "__main__":
    main()
