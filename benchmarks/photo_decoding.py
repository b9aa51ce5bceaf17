"""How fast photographs become batches of random crops: our loader against torchvision's.

Both cut a random resized crop of 224 from each image, mirror half of them, and normalise batches in
the main process, with the same number of processes and one thread in each. torchvision crops with
Pillow or on tensors. Speeds are images per second of CPU time of all processes, which a busy
machine changes little. Starts are left out: torchvision's processes are forked, ours import torch.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
from torchvision.transforms import v2

from benchmarks import made_photographs
from benchmarks.made_photographs import Sides
from benchmarks.peer import interval, middle, verdict
from benchmarks.streaming import CONTIGUOUS, CPU, Peer, alone, cpu_seconds
from engine.data.base.batch import Batch
from engine.data.base.dataset import StoredImages
from engine.data.loaders import loader_choice
from engine.data.loading import load, load_at_once
from engine.data.preparation import early_reading
from engine.recipes.recipe import Recipe

SIDE, SCALE = 224, (0.08, 1.0)
FIRST, CACHED = "first epoch", "from the cache"
# The batches for which the processes start, before the measured ones.
WARM = 2
# The kernel counts the CPU time of a process in such steps, in seconds.
TICK = 1 / os.sysconf("SC_CLK_TCK")


class Kind(NamedTuple):
    """Photographs of one size: how many, and what is to be kept."""

    sides: Sides
    images: int
    batch: int
    different: int
    budgets: Mapping[str, float | None]

    def write(self, folder: Path) -> None:
        """Those that are measured are for validation, since those for training are sampled."""
        made_photographs.write(folder / "val", self.images, self.sides, self.different)
        made_photographs.write(folder / "train", self.different, self.sides, self.different)


SCREEN = Kind(Sides(500, 375), 1_024, 32, 16, {FIRST: 0.95, CACHED: 3.5})
LARGE = Kind(Sides(4000, 3000), 96, 8, 4, {FIRST: 2.5, CACHED: None})


class Work(NamedTuple):
    """A folder with the splits train and val, of which val is read, and how."""

    folder: Path
    batch: int
    workers: int


def measure(kind: Kind, workers: int, rounds: int) -> None:
    """Print the speeds of each round, and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        kind.write(Path(folder))
        work = Work(Path(folder), kind.batch, workers)
        ways = {"ours": ours, "Pillow": by_pillow, "tensors": by_tensors}
        found: list[dict[str, float]] = []
        for turn in range(rounds):
            first = turn % len(ways)
            found.append({})
            for name in [*ways][first:] + [*ways][:first]:
                found[-1] |= alone(ways[name], work)
            print(f"  round {turn + 1}  {said(found[-1])}", flush=True)
    report(found, kind)


def said(speeds: Mapping[str, float]) -> str:
    return (
        "   ".join(f"{name} {speeds[name]:.1f}" for name in sorted(speeds)) + "   images/s a core"
    )


def report(found: list[dict[str, float]], kind: Kind) -> None:
    for (ours_is, budget), peer in (
        (each, peer) for each in kind.budgets.items() for peer in ("Pillow", "tensors")
    ):
        ratios = [speeds[ours_is] / speeds[peer] for speeds in found]
        judged = "" if budget is None else f"   {verdict(*interval(ratios), budget)}"
        size = f"{kind.sides.width}×{kind.sides.height}"
        print(f"  {size}, {ours_is} : ImageFolder, {peer}  {middle(ratios)}{judged}", flush=True)


def ours(work: Work) -> dict[str, float]:
    """Speeds of the first epoch, in which the cache is written, and of the second one."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as cache:
        recipe = Recipe(
            data=str(work.folder),
            size=SIDE,
            crop_scale=SCALE,
            flip=True,
            loader="streaming",
            cache=cache,
            batch=work.batch,
        )
        # As a run reads them, since nothing else keeps decoded images.
        data = load_at_once(load(recipe, room=0, reading=early_reading(recipe)))
        assert isinstance(data.validation, StoredImages)
        read = replace(data, train=data.validation)
        loader = loader_choice.loader(recipe, read, CPU, CONTIGUOUS, work.workers)
        with closing(loader):
            last = loader.steps_per_epoch - WARM
            images_in(loader.batches(1, last))
            with closing(loader.batches(1)) as batches:
                first = per_core(lambda: images_in(islice(batches, last)))
            return {FIRST: first, CACHED: per_core(lambda: images_in(loader.batches(2)))}


def images_in(batches: Iterable[Batch]) -> int:
    return sum(len(batch.images) for batch in batches)


def by_pillow(work: Work) -> dict[str, float]:
    return {"Pillow": torchvision(work, [crop(), v2.RandomHorizontalFlip(), v2.PILToTensor()])}


def by_tensors(work: Work) -> dict[str, float]:
    return {"tensors": torchvision(work, [v2.PILToTensor(), crop(), v2.RandomHorizontalFlip()])}


def crop() -> v2.RandomResizedCrop:
    return v2.RandomResizedCrop(SIDE, SCALE, antialias=True)


def torchvision(work: Work, transforms: list[torch.nn.Module]) -> float:
    torch.set_num_threads(1)
    peer = Peer(work.folder / "val", transforms, work.batch, work.workers)
    sum(len(images) for images in islice(peer.batches(), WARM))
    return per_core(lambda: sum(len(images) for images in peer.batches()))


def per_core(work: Callable[[], int]) -> float:
    """Images per second of the CPU time of this process and of its descendants."""
    used = cpu_seconds()
    return work() / max(cpu_seconds() - used, TICK)
