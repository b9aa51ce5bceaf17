"""The speed of decoding from disk: our streaming loader against torchvision's ImageFolder.

    python -m benchmarks.streaming [--data FOLDER] [--size 64] [--workers 2] [--rounds 7]

Both read the same images in random order with the same number of processes, resize them to the same
size, and normalise the batches in the main process. Each runs in its own process and is timed over
whole epochs after a first one; the two take turns. ImageFolder resizes with antialiasing and crops
the centre; its DataLoader keeps its processes. The benchmark prints images/s, images per second of
CPU time of all processes (which a busy machine changes little), and the ratios within the rounds.
The budget is for the ratio of images per second of CPU time.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import psutil
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from benchmarks import made_photographs
from benchmarks.made_photographs import Sides
from benchmarks.peer import interval, middle, verdict
from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.dataset import StoredImages
from engine.data.loaders.normalisation import Normalise
from engine.data.loaders.streaming_loader import StreamingLoader
from engine.data.loading import load
from engine.recipes.recipe import Recipe

IMAGES, SIDES = 500, Sides(500, 375)
BUDGET = 1.0
Given = TypeVar("Given")
Found = TypeVar("Found")
CPU, CONTIGUOUS = torch.device("cpu"), torch.contiguous_format


class Work(NamedTuple):
    """The measured work: a folder of classes, and how to read it."""

    folder: Path
    size: int
    workers: int
    batch: int
    epochs: int


class Speed(NamedTuple):
    """Images per second of the clock, and images per second of CPU time."""

    clock: float
    core: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="a folder of classes; without it, images are generated"
    )
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not options.data:
            made_photographs.write(Path(folder), IMAGES, SIDES)
        data = options.data or Path(folder)
        work = Work(data, options.size, options.workers, options.batch, options.epochs)
        ways: dict[str, Callable[[Work], Speed]] = {"streaming": ours, "ImageFolder": plain}
        speeds: dict[str, list[Speed]] = {name: [] for name in ways}
        for turn in range(options.rounds):
            for name in list(ways)[:: -1 if turn % 2 else 1]:
                speeds[name].append(alone(ways[name], work))
                print(f"round {turn + 1}  {name:<11} {said(speeds[name][-1])}", flush=True)
    report(speeds, work)


def report(speeds: dict[str, list[Speed]], work: Work) -> None:
    """Medians, and the ratios within each round with the 95 % interval of their median."""
    print(f"\n{work.size}×{work.size}, {work.workers} processes, {work.batch} a batch")
    for name, found in speeds.items():
        print(f"  {name:<11} {said(Speed(*map(statistics.median, zip(*found, strict=True))))}")
    for kind in Speed._fields:
        pairs = zip(speeds["streaming"], speeds["ImageFolder"], strict=True)
        ratios = [getattr(a, kind) / getattr(b, kind) for a, b in pairs]
        judged = f"   {verdict(*interval(ratios), BUDGET)}" if kind == "core" else ""
        print(f"  streaming : ImageFolder, {kind}  {middle(ratios)}{judged}")


def said(speed: Speed) -> str:
    return f"{speed.clock:9.0f} images/s {speed.core:9.0f} a core"


def alone(way: Callable[[Given], Found], work: Given) -> Found:
    """What one way finds, in a fresh process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(way, work).result()


def ours(work: Work) -> Speed:
    loading = load(Recipe(data=str(work.folder), size=work.size, loader="streaming"), room=0)
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            data = finished.value
            break
    assert isinstance(data.train, StoredImages)
    loader = StreamingLoader(
        data.train,
        mean=data.mean,
        std=data.std,
        batch=work.batch,
        seed=0,
        augmentation=Augmentation(),
        device=CPU,
        memory_format=CONTIGUOUS,
        workers=work.workers,
    )
    with contextlib.closing(loader):
        return timed(work, lambda epoch: (batch.images for batch in loader.batches(epoch)))


def plain(work: Work) -> Speed:
    transforms = [v2.Resize(work.size), v2.CenterCrop(work.size), v2.PILToTensor()]
    peer = Peer(work.folder, transforms, work.batch, work.workers)
    return timed(work, lambda epoch: peer.batches())


class Peer:
    """torchvision's ImageFolder in a DataLoader that keeps its processes."""

    def __init__(
        self, folder: Path, transforms: Sequence[torch.nn.Module], batch: int, workers: int
    ) -> None:
        self._loader = DataLoader(
            ImageFolder(folder, v2.Compose(transforms)),
            batch,
            shuffle=True,
            drop_last=True,
            num_workers=workers,
            persistent_workers=True,
        )
        self._normalise = Normalise((0.5,) * 3, (0.25,) * 3, CPU, CONTIGUOUS)

    def batches(self) -> Iterator[torch.Tensor]:
        """The batches of an epoch in random order, normalised in this process."""
        return (self._normalise(pixels) for pixels, _ in self._loader)


def timed(work: Work, batches: Callable[[int], Iterable[Sized]]) -> Speed:
    """The speed over all epochs but the first."""
    sum(len(batch) for batch in batches(1))
    began, used = time.perf_counter(), cpu_seconds()
    images = sum(len(batch) for epoch in range(work.epochs) for batch in batches(epoch + 2))
    return Speed(images / (time.perf_counter() - began), images / (cpu_seconds() - used))


def cpu_seconds() -> float:
    """CPU seconds of this process and of its descendants."""
    this = psutil.Process()
    times = [process.cpu_times() for process in (this, *this.children(recursive=True))]
    return sum(each.user + each.system for each in times)


if __name__ == "__main__":
    main()
