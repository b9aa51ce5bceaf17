"""The speed of augmentation: ours per batch, torchvision's per image, Keras' generator.

    python -m benchmarks.augmentation [--rounds 7] [--threads 2] [--keras-python PATH]

All apply the article's augmentation to images of 3×32×32 in batches of 64, and give float32:
rotation by 15°, shifts and zoom by 0.1, flip, edges filled with the nearest pixel, bilinear.
torchvision has no such fill, so there the images are padded with their edge first and cropped
afterwards. Each way is measured once per round. The benchmark prints images/s and the ratios within
the rounds. On a busy machine use --threads 1.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import InterpolationMode, v2

from benchmarks.peer import Measure, Peer, keras_python, report, take_turns
from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import RawBatch
from engine.data.loaders.normalisation import Normalise
from engine.recipes.recipe import Recipe

IMAGES, BATCH, SIDE = 12_800, 64, 32
# Enough for the corners of a rotated, shifted and enlarged image.
EDGE = 12
OURS, KERAS = "ours", "Keras"
# The smallest ratio of our speed to each of these.
BUDGETS = {"torchvision, PIL, 2 workers": 4.0, "torchvision, tensors, 2 workers": 4.0, KERAS: 2.5}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keras-python", help="a Python that has TensorFlow")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (IMAGES, 3, SIDE, SIDE), dtype=torch.uint8)
    ways = {OURS: ours(pixels)} | {
        f"torchvision, {kind}, {workers} workers": torchvision(pixels, source, workers)
        for kind, source in (("PIL", v2.ToPILImage()), ("tensors", v2.Identity()))
        for workers in (0, 2)
    }
    python = keras_python(options.keras_python)
    if python is None:
        print("Keras is left out: pip install tensorflow, or name a --keras-python that has it.")
        measure(ways, options.rounds)
        return
    with Peer(python, "benchmarks/in_keras.py", "images") as keras:
        measure({**ways, KERAS: keras}, options.rounds)


def measure(ways: dict[str, Measure], rounds: int) -> None:
    for way in ways.values():
        way()
    found = take_turns(ways, rounds)
    report(found, {(OURS, name): BUDGETS.get(name) for name in ways if name != OURS})


def timed(work: Callable[[], int]) -> Measure:
    """A measurement of work that returns its number of images, in images per second."""

    def now() -> float:
        began = time.perf_counter()
        return work() / (time.perf_counter() - began)

    return now


def ours(pixels: Tensor) -> Measure:
    recipe = Recipe(rotate=15.0, shift=0.1, flip=True, zoom=0.1)
    augmentation = Augmentation.of(recipe)
    cpu = torch.device("cpu")
    normalise = Normalise((0.5,) * 3, (0.25,) * 3, cpu, torch.channels_last)
    draws, labels = torch.Generator(cpu), torch.zeros(BATCH, dtype=torch.int64)
    order = torch.randperm(IMAGES)

    def work() -> int:
        for step in range(IMAGES // BATCH):
            taken = order[step * BATCH : (step + 1) * BATCH]
            drawn = RawBatch(
                pixels.index_select(0, taken), labels, taken, taken, epoch=1, step=step
            )
            augmentation.seed_generator(draws, drawn)
            augmentation(drawn, draws, normalise)
        return IMAGES

    return timed(work)


class Images(Dataset[Tensor]):
    """One image at a time, as in torchvision's data sets."""

    def __init__(self, pixels: Tensor, source: Callable[[Tensor], Any]) -> None:
        self._images = [source(image) for image in pixels]
        self._transform = v2.Compose(
            [
                v2.Pad(EDGE, padding_mode="edge"),
                v2.RandomAffine(
                    degrees=15,
                    translate=(0.1 * SIDE / (SIDE + 2 * EDGE),) * 2,
                    scale=(0.9, 1.1),
                    interpolation=InterpolationMode.BILINEAR,
                ),
                v2.CenterCrop(SIDE),
                v2.RandomHorizontalFlip(),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
            ]
        )

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Tensor:
        image: Tensor = self._transform(self._images[index])
        return image


def torchvision(pixels: Tensor, source: Callable[[Tensor], Any], workers: int) -> Measure:
    loader = DataLoader(
        Images(pixels[: IMAGES // 4], source),
        BATCH,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    return timed(lambda: sum(len(batch) for batch in loader))


if __name__ == "__main__":
    main()
