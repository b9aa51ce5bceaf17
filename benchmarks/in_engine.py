"""The speed of our training loop with the article's recipe, for comparison with Keras.

    python -m benchmarks.in_engine auto|float32      a peer, see benchmarks/peer.py

The trainer runs on random images in this precision; a measurement is from the end of a step to the
end of a later one.
"""

from __future__ import annotations

import itertools
import sys
import time

import torch
from torch import nn

from benchmarks.peer import serve
from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.devices import device_resolution
from engine.models import registry
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_building import build_recipe
from engine.training import autotune
from engine.training.autotune import Workload
from engine.training.trainer import Trainer

# Enough images to keep all rounds within the first epoch.
IMAGES, CLASSES, SIDE = 50_000, 10, 32
STEPS = 20


def main() -> None:
    chosen = build_recipe(
        settings={"precision": sys.argv[1]},
        flags={"preset": "article", "arch": "article-resnet", "data": "cifar10"},
    )
    cpu = torch.device("cpu")
    torch.manual_seed(0)
    model = registry.build(chosen.arch, 3, SIDE, CLASSES)
    resolved = tuned(chosen, model)
    torch.set_num_threads(resolved.threads)
    trainer = Trainer(chosen, resolved, cpu, random_images(), model, time.monotonic)
    life = trainer.run()

    def measure() -> float:
        before = trainer.step
        while trainer.step == before:
            next(life)
        began, first = time.perf_counter(), trainer.step
        for _ in itertools.takewhile(lambda _: trainer.step < first + STEPS, life):
            pass
        seconds = time.perf_counter() - began
        return (trainer.step - first) * chosen.batch / seconds

    serve(measure)


def tuned(chosen: Recipe, model: nn.Module) -> Resolved:
    """What an engine resolves for these images."""
    cpu = torch.device("cpu")
    work = Workload(model, (3, SIDE, SIDE), IMAGES)
    tuning = autotune.tune(chosen, device_resolution.resolve(chosen, cpu, SIDE), cpu, work)
    while True:
        try:
            next(tuning)
        except StopIteration as end:
            resolved: Resolved = end.value
            return resolved


def random_images() -> Dataset:
    """Random pixels and labels; the speed does not depend on them."""
    pixels = torch.randint(0, 256, (IMAGES, 3, SIDE, SIDE), dtype=torch.uint8)
    split = Images(pixels, torch.randint(0, CLASSES, (IMAGES,)))
    names = tuple(str(label) for label in range(CLASSES))
    return Dataset(names, split, split, "test", (0.5,) * 3, (0.25,) * 3, ImageFormat(3, SIDE))


if __name__ == "__main__":
    main()
