"""How well wrong labels are found by what a network says while it learns from them.

    python -m benchmarks.suspects [--epochs 20] [--seeds 6] [--more-seeds 10] [--flips 0.1]
    python -m benchmarks.suspects --data FOLDER --arch resnet20 --epochs 5 --seeds 0 --more-seeds 3
    python -m benchmarks.suspects --recipe FIELDS.toml

A tenth of the training labels are exchanged for others: at random, by pairs that look alike, or
half and half. The network trains on them through the project's own loop, in one process on one
thread, by the recipe `quick`. Digits are trained with each kind and with right labels; the folder,
whose ten classes are those of CIFAR-10 in their order, with the third kind. It prints, for each
training, the average precision of the ranking, its precision where it has found 80 % of the wrong
labels, and what is said of all images together.

The numbers in `engine/suspicion/standing.py` were chosen on the seeds from 100 on; those from 200
on have chosen nothing, and are summed up apart.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from engine.data.base.dataset import Dataset
from engine.data.loading import load, load_at_once
from engine.devices import device_resolution
from engine.process import model_init
from engine.process.sighted_images import sightings_file
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run.sightings_file import SightingsFile
from engine.suspicion.ranking import ranked
from engine.suspicion.standing import Standing, standing
from engine.training.trainer import Trainer

Kind: TypeAlias = Literal["clean", "random", "pairs", "half"]
Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

CHOSE, REPORTS = 100, 200
RECALL = 0.8
DIGIT_PAIRS = ((1, 7), (3, 8), (4, 9), (5, 6), (0, 2))
IMAGE_PAIRS = ((0, 8), (1, 9), (2, 4), (3, 5), (6, 7))
CPU = torch.device("cpu")


class Found(NamedTuple):
    """What a training has found. Without a wrong label, both precisions are NaN."""

    average_precision: float
    precision: float
    standing: Standing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--arch", default="lenet5")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--flips", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, default=6, help="of those that chose the numbers")
    parser.add_argument("--more-seeds", type=int, default=10, help="of the others")
    parser.add_argument("--recipe", type=Path, help="fields that differ from those of quick")
    options = parser.parse_args()
    torch.set_num_threads(1)
    kinds: Sequence[Kind] = ("clean", "random", "pairs") if options.data == "digits" else ("half",)
    for title, first, count in (
        ("seeds that chose the numbers", CHOSE, options.seeds),
        ("other seeds", REPORTS, options.more_seeds),
    ):
        if not count:
            continue
        print(f"{title}, {first} to {first + count - 1}", flush=True)
        for kind in kinds:
            summed_up(kind, [*results(options, kind, range(first, first + count))])


def results(options: argparse.Namespace, kind: Kind, seeds: range) -> Iterator[Found]:
    """What is found with each seed, printed as it comes."""
    for seed in seeds:
        recipe = recipe_of(options, options.data, seed)
        began = time.process_time()
        found = result(recipe, kind, options.flips)
        stood = found.standing
        print(
            f"  {kind:<7} {seed}  {shares(found.average_precision, found.precision)}"
            f"  {stood.state}, {stood.stand_out:,} of {stood.images:,}"
            f"  ({time.process_time() - began:.0f} s)",
            flush=True,
        )
        yield found


def recipe_of(options: argparse.Namespace, data: str, seed: int) -> Recipe:
    """The recipe `quick` with the fields that were asked for, on one thread."""
    flags = {"arch": options.arch, "data": data, "seed": seed, "epochs": options.epochs}
    always = {"preset": "quick", "device": "cpu", "threads": 1}
    file = read_fields(options.recipe) if options.recipe else {}
    return build_recipe(file=file, flags={**flags, **always})


def summed_up(kind: Kind, found: Sequence[Found]) -> None:
    """Print the medians, and how often something stands out."""
    average, precision, _ = zip(*found, strict=True)
    said = sum(one.standing.state == "some stand out" for one in found)
    medians = shares(statistics.median(average), statistics.median(precision))
    print(f"  {kind:<7} all  {medians}  some stand out in {said} of {len(found)}", flush=True)


def shares(average_precision: float, precision: float) -> str:
    if np.isnan(precision):
        return "all labels are right"
    return f"average precision {average_precision:.3f}, at 80 % recall {precision:.3f}"


def result(recipe: Recipe, kind: Kind, share: float) -> Found:
    """Train on labels of which this share is exchanged, and rank the images."""
    dataset, wrong = with_wrong_labels(recipe, kind, share)
    kept = trained(recipe, dataset)
    ranking = ranked(kept)
    return Found(*precisions(ranking.scores, wrong), standing(kept, ranking))


def with_wrong_labels(
    recipe: Recipe, kind: Kind, share: float
) -> tuple[Dataset, NDArray[np.bool_]]:
    """The data with a share of the training labels exchanged, and which ones these are (N,)."""
    dataset = load_at_once(load(recipe))
    right = dataset.train.labels.numpy()
    pairs = DIGIT_PAIRS if recipe.data == "digits" else IMAGE_PAIRS
    given = exchanged(right, kind, share, pairs, np.random.default_rng(1000 + recipe.seed))
    labels = torch.from_numpy(given)
    train = dataclasses.replace(dataset.train, labels=labels)
    return dataclasses.replace(dataset, train=train), given != right


def exchanged(
    right: Ints,
    kind: Kind,
    share: float,
    pairs: Sequence[tuple[int, int]],
    drawn: np.random.Generator,
) -> Ints:
    """The labels (N,), of which a share is wrong; of `half`, every other one of those by pairs."""
    given = right.copy()
    if kind == "clean":
        return given
    partner: Mapping[int, int] = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    chosen = drawn.permutation(len(right))[: round(share * len(right))]
    for number, index in enumerate(chosen):
        by_pair = kind == "pairs" or (kind == "half" and number % 2 == 1)
        other = partner[int(right[index])] if by_pair else right[index] + drawn.integers(1, 10)
        given[index] = other % 10
    return given


def trained(recipe: Recipe, dataset: Dataset) -> SightingsFile:
    """What a network keeps of these images at the end of its training."""
    trainer = beginning(recipe, dataset)
    for _ in trainer.run():
        pass
    return kept_by(trainer)


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


def precisions(scores: Floats, wrong: NDArray[np.bool_]) -> tuple[float, float]:
    """The average precision of a ranking, and its precision where it has found `RECALL`."""
    if not wrong.any():
        return float("nan"), float("nan")
    hits = wrong[np.argsort(-scores, kind="stable")]
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    enough = int(np.searchsorted(found, np.ceil(RECALL * wrong.sum())))
    return float(precision[hits].mean()), float(precision[enough])


if __name__ == "__main__":
    main()
