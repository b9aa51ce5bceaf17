"""What it costs to keep what the network says about each training image.

    python -m benchmarks.sightings [--pairs 400] [--batch 128]

LeNet-5 trains on 1×32×32 images of ten classes, in one process on one thread. Blocks of 32 steps
take turns with it and without it, each pair beginning with the other one. A block with it ends with
what it has gathered being summed up, which a training does less often. The ratio of a pair is that
of the CPU time of its steps: without it to with it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Generator

import torch

from benchmarks.peer import interval, middle, verdict
from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.devices import device_resolution
from engine.models import registry
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.start.engine_environment import KEEP_MEMORY
from engine.training.sightings import Sightings
from engine.training.trainer import Trainer

STEPS, LEAST = 32, 0.99
IMAGES, VALIDATION, CLASSES, SIDE = 50_000, 500, 10, 32
CPU = torch.device("cpu")

Life = Generator[Event | None, None, None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--batch", type=int, default=128)
    options = parser.parse_args()
    if not KEEP_MEMORY.items() <= os.environ.items():  # the allocator reads them at its start
        again = [sys.executable, "-m", "benchmarks.sightings", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, **KEEP_MEMORY})
    trainer = training(options.batch)
    counting, life = trainer.sightings, trainer.run()
    assert counting is not None
    seconds(trainer, life, counting)  # the first steps choose kernels
    ratios, steps = [], []
    for number in range(options.pairs):
        turns = (counting, None) if number % 2 else (None, counting)
        found = {turn: seconds(trainer, life, turn) for turn in turns}
        ratios.append(found[None] / found[counting])
        steps.append(1e3 * found[None] / STEPS)
        if number % 20 == 0:
            load = os.getloadavg()[0]
            print(f"pair {number + 1:<4}  {middle(ratios, 4)}   load {load:.1f}", flush=True)
    print(f"  a step without it, ms  {middle(steps, 2)}")
    name = f"with : without it, batch {options.batch}"
    print(f"  {name}  {middle(ratios, 4)}   {verdict(*interval(ratios), LEAST)}")


def training(batch: int) -> Trainer:
    """A training of many epochs, of which no report is due."""
    settings = {"epochs": 10_000, "batch": batch, "precision": "float32", "threads": 1}
    chosen = build_recipe(settings=settings, flags={"arch": "lenet5", "data": "mnist"})
    torch.set_num_threads(1)
    torch.manual_seed(0)
    resolved = device_resolution.resolve(chosen, CPU, SIDE)
    names = tuple(map(str, range(CLASSES)))
    train, validation = random_images(IMAGES), random_images(VALIDATION)
    data = Dataset(names, train, validation, "test", (0.5,), (0.25,), ImageFormat(1, SIDE))
    model = registry.build("lenet5", 1, SIDE, CLASSES)
    return Trainer(chosen, resolved, CPU, data, model, lambda: 0.0)


def random_images(count: int) -> Images:
    pixels = torch.randint(0, 256, (count, 1, SIDE, SIDE), dtype=torch.uint8)
    return Images(pixels, torch.randint(0, CLASSES, (count,)))


def seconds(trainer: Trainer, life: Life, counting: Sightings | None) -> float:
    """The CPU time of the next block of steps within an epoch."""
    trainer._learner._sightings = counting
    while trainer.progress.steps_left_in_epoch <= STEPS:  # an evaluation would be timed too
        next(life)
    began, first = time.process_time(), trainer.step
    while trainer.step < first + STEPS:
        next(life)
    if counting is not None:
        counting._take_waiting()
    return time.process_time() - began


if __name__ == "__main__":
    main()
