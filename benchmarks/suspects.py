"""How well wrong labels are found by what a network says while it learns from them.

    python -m benchmarks.suspects [--epochs 20] [--seeds 6] [--more-seeds 10] [--flips 0.1]
    python -m benchmarks.suspects --rare 3
    python -m benchmarks.suspects --data FOLDER --arch resnet20 --epochs 5 --seeds 0 --more-seeds 3

A tenth of the training labels are exchanged for others: at random, by pairs that look alike, or
half and half. The network trains on them through the project's own loop, in one process on one
thread, by the recipe `quick`. Digits are trained with right labels and with the first two kinds;
the folder, whose ten classes are those of CIFAR-10 in their order, with right ones and the third.

It prints, for each training, the average precision of the ranking, its precision where it has found
80 % of the wrong labels and among its first fiftieth, and what is said of all images together. With
`--rare N`, so many classes, drawn by the seed, keep a tenth of their images; then it prints, too,
which share of the images with right labels is listed, of the rare classes and of the others.

The numbers in `engine/suspicion/` were chosen on the seeds from 100 on; those from 200 on have
chosen nothing, and are summed up apart.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias, get_args

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.wrong_labels import Bools, Flawed, Flaws, Kind, flawed
from engine.data.base.dataset import Dataset
from engine.devices import device_resolution
from engine.process import model_init
from engine.process.sighted_images import sightings_file
from engine.protocol.events import EpochEnded
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run.sightings_file import SightingsFile
from engine.suspicion.ranking import Ranking, ranked
from engine.suspicion.standing import Standing, standing, standing_out
from engine.suspicion.suspects import count_listed
from engine.training.trainer import Trainer

Floats: TypeAlias = NDArray[np.float64]

CHOSE, REPORTS = 100, 200
RECALL = 0.8
FIRST, WORST = 50, 10  # one of so many images
CPU = torch.device("cpu")


class Precisions(NamedTuple):
    """The average precision, that at a recall of `RECALL`, and that among the first fiftieth."""

    average: float
    recalled: float
    first: float


class Listed(NamedTuple):
    """Of images with right labels, how many are in front, of how many."""

    rare: int
    of_rare: int
    others: int
    of_others: int


class Found(NamedTuple):
    """What a training has found; no precision where all labels are right.

    `listed` and `worst` count right labels among the images that are listed, and among the first
    tenth. Of the images that stand out, `falsely` have right labels.
    """

    precisions: Precisions | None
    listed: Listed
    worst: Listed
    standing: Standing
    falsely: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--kinds", nargs="+", choices=get_args(Kind))
    parser.add_argument("--seeds", type=int, default=6, help="of those that chose the numbers")
    parser.add_argument("--more-seeds", type=int, default=10, help="of the others")
    options = parser.parse_args()
    torch.set_num_threads(1)
    digits = options.data == "digits"
    usual: tuple[Kind, ...] = ("clean", "random", "pairs") if digits else ("clean", "half")
    for title, first, count in (
        ("seeds that chose the numbers", CHOSE, options.seeds),
        ("other seeds", REPORTS, options.more_seeds),
    ):
        if not count:
            continue
        print(f"{title}, {first} to {first + count - 1}", flush=True)
        for kind in options.kinds or usual:
            summed_up(kind, [*results(options, kind, range(first, first + count))], options.rare)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is trained, on which data."""
    parser.add_argument("--data", default="digits")
    parser.add_argument("--arch", default="lenet5")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--flips", type=float, default=0.1, help="the share of wrong labels")
    parser.add_argument("--rare", type=int, default=0, help="so many classes keep a tenth")
    parser.add_argument("--images", type=int, help="train on so many of the images")
    parser.add_argument("--recipe", type=Path, help="fields that differ from those of quick")


def recipe_of(options: argparse.Namespace, seed: int) -> Recipe:
    """The recipe `quick` with the fields that were asked for, on one thread."""
    flags = {"arch": options.arch, "data": options.data, "seed": seed, "epochs": options.epochs}
    always = {"preset": "quick", "device": "cpu", "threads": 1}
    file = read_fields(options.recipe) if options.recipe else {}
    return build_recipe(file=file, flags={**flags, **always})


def flaws_of(options: argparse.Namespace, kind: Kind) -> Flaws:
    return Flaws(kind, options.flips, options.rare, options.images)


def results(options: argparse.Namespace, kind: Kind, seeds: range) -> Iterator[Found]:
    """What is found with each seed, printed as it comes."""
    for seed in seeds:
        recipe = recipe_of(options, seed)
        began = time.process_time()
        data = flawed(recipe, flaws_of(options, kind))
        found = judged(trained(recipe, data.dataset).kept, data)
        stood = found.standing
        print(
            f"  {kind:<7} {seed}  {shares(found.precisions)}"
            f"  {stood.state}, {stood.stand_out:,} of {stood.images:,}, {found.falsely:,} falsely"
            f"  ({time.process_time() - began:.0f} s)",
            flush=True,
        )
        yield found


def summed_up(kind: Kind, found: Sequence[Found], rare: int) -> None:
    """Print the medians, how often something stands out, and what is listed of rare classes."""
    known = [one.precisions for one in found if one.precisions is not None]
    medians = Precisions(*map(statistics.median, zip(*known, strict=True))) if known else None
    said = sum(one.standing.state == "some stand out" for one in found)
    print(f"  {kind:<7} all  {shares(medians)}  some stand out in {said} of {len(found)}")
    if rare:
        print(f"      right labels that are listed: {told([one.listed for one in found])}")
        print(f"      among the first tenth: {told([one.worst for one in found])}", flush=True)


def shares(found: Precisions | None) -> str:
    if found is None:
        return "all labels are right"
    return (
        f"average precision {found.average:.3f}, at 80 % recall {found.recalled:.3f}, "
        f"in the first fiftieth {found.first:.3f}"
    )


def told(found: Sequence[Listed]) -> str:
    """The shares over all trainings."""
    rare, of_rare, others, of_others = map(sum, zip(*found, strict=True))
    return (
        f"{rare:,} of {of_rare:,} of rare classes ({100 * rare / max(1, of_rare):.2f} %), "
        f"{others:,} of {of_others:,} others ({100 * others / max(1, of_others):.2f} %)"
    )


def judged(kept: SightingsFile, data: Flawed) -> Found:
    """How well the images with wrong labels are found by what a network has kept of them."""
    ranking, wrong = ranked(kept), data.wrong
    images = len(wrong)
    return Found(
        precisions(ranking.scores, wrong) if wrong.any() else None,
        right_among(ranking, count_listed(images), data),
        right_among(ranking, images // WORST, data),
        standing(kept, ranking),
        int((standing_out(kept, ranking) & ~wrong).sum()),
    )


def right_among(ranking: Ranking, count: int, data: Flawed) -> Listed:
    """How many images with right labels are among the first so many."""
    right, rare = ~data.wrong, data.of_rare
    in_front: Bools = np.zeros(len(right), bool)
    in_front[ranking.first(count)] = True
    groups = (right & rare, right & ~rare)
    rare_counts, other_counts = [(int((in_front & one).sum()), int(one.sum())) for one in groups]
    return Listed(*rare_counts, *other_counts)


class Trained(NamedTuple):
    """What a network has kept of its images, and its top-1 accuracy on the validation images."""

    kept: SightingsFile
    top1: float


def trained(recipe: Recipe, dataset: Dataset) -> Trained:
    """Train on these images to the last epoch."""
    trainer = beginning(recipe, dataset)
    ended = [event for event in trainer.run() if isinstance(event, EpochEnded)]
    top1 = ended[-1].top1
    assert isinstance(top1, float)
    return Trained(kept_by(trainer), top1)


def beginning(recipe: Recipe, dataset: Dataset) -> Trainer:
    """A training of these images that has not begun."""
    shape = dataset.train.shape
    resolved = device_resolution.resolve(recipe, CPU, shape[-1], dataset.loader, alone=True)
    torch.manual_seed(recipe.seed)
    with TemporaryDirectory() as run:
        model = model_init.build(recipe, Path(run), dataset).model
    for _ in model_init.initialise(model, recipe, dataset, None):
        pass
    return Trainer(
        recipe, msgspec.structs.replace(resolved, threads=1), CPU, dataset, model, time.monotonic
    )


def kept_by(trainer: Trainer) -> SightingsFile:
    """What the network keeps of its images after the last epoch that has ended."""
    state = trainer.state()
    assert state.sightings is not None
    return sightings_file(state.sightings, trainer.labels, "", state.ended_epochs)


def precisions(scores: Floats, wrong: Bools) -> Precisions:
    """Those of a ranking of images, of which some are wrong."""
    hits = wrong[np.argsort(-scores, kind="stable")]
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    enough = int(np.searchsorted(found, np.ceil(RECALL * wrong.sum())))
    first = max(1, len(hits) // FIRST)
    return Precisions(
        float(precision[hits].mean()), float(precision[enough]), float(precision[first - 1])
    )


if __name__ == "__main__":
    main()
