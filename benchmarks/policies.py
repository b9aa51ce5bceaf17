"""The speed of TrivialAugment and RandAugment: ours batched, torchvision's an image at once.

    python -m benchmarks.policies [--rounds 15]

Both change the same uint8 tensors with torchvision's defaults, on one thread. They take turns, and
the benchmark prints images a second of processor time, and the ratios within the rounds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.transforms import v2

from benchmarks.peer import Measure, report, take_turns
from engine.data.augmentation.policy import Policy

# Images and their side.
BATCHES = ((32, 160), (128, 32))
POLICIES: tuple[tuple[Policy, Callable[[Tensor], Tensor]], ...] = (
    (Policy("trivialaugment"), v2.TrivialAugmentWide()),
    (Policy("randaugment", 2, 9), v2.RandAugment()),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for count, side in BATCHES:
        pixels = torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8)
        for ours, theirs in POLICIES:
            print(f"\n{ours.name}, {count} images of 3×{side}×{side}")
            measure(pixels, ours, theirs, options.rounds)


def measure(pixels: Tensor, ours: Policy, theirs: Callable[[Tensor], Tensor], rounds: int) -> None:
    draws = torch.Generator()
    ways = {
        "ours": timed(lambda: ours(pixels, draws)),
        "torchvision": timed(lambda: torch.stack([theirs(image) for image in pixels])),
    }
    for way in ways.values():
        way()
    report(take_turns(ways, rounds), {("ours", "torchvision"): None})


def timed(work: Callable[[], Tensor]) -> Measure:
    """A measurement of work that returns its images, in images a second of processor time."""

    def now() -> float:
        began = time.process_time()
        return len(work()) / (time.process_time() - began)

    return now


if __name__ == "__main__":
    main()
