"""What a person regains who looks at the images whose label is doubtful, and drops wrong ones.

    python -m benchmarks.regained [--kind pairs] [--seeds 10] [--epochs 20]
    python -m benchmarks.regained --kind half --data FOLDER --arch resnet20 --epochs 5 --seeds 1

For each seed it trains with wrong labels, without those of them that are among the most doubtful
tenth of the images, without that whole tenth, and with right labels. The validation images keep
their right labels, and what counts is the accuracy on them after the last epoch. The share of the
loss that is regained is a ratio of sums over the seeds, where the loss is more than chance;
intervals are those of a bootstrap over the seeds. Options are those of `benchmarks.suspects`, and
the seeds those that have chosen nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.suspects import REPORTS, WORST, Floats, add_options, flaws_of, recipe_of, trained
from benchmarks.wrong_labels import Flawed, Ints, Kind, flawed
from engine.run.sightings_file import SightingsFile
from engine.suspicion.ranking import ranked

DRAWS = 10_000


class Accuracies(NamedTuple):
    """Top-1 of the validation images: with wrong labels, after dropping some, and with right ones.

    `knowing` is without the wrong labels among the first tenth, and `blind` without that tenth.
    """

    wrong: float
    knowing: float
    blind: float
    right: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--kind", choices=get_args(Kind), default="pairs")
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = np.array([*results(options, range(REPORTS, REPORTS + options.seeds))])
    print("  all  " + told(Accuracies(*found.mean(0).tolist())))
    for name, index in (("right labels", 3), ("dropped knowing", 1), ("dropped blind", 2)):
        mean, low, high = interval(100 * (found[:, index] - found[:, 0]))
        print(f"  {name}: {mean:+.2f} points (95 % interval {low:+.2f} to {high:+.2f})")
    for name, index in (("knowing", 1), ("blind", 2)):
        print(f"  regained, {name}: {regained(found, index)}")


def results(options: argparse.Namespace, seeds: range) -> Iterator[Accuracies]:
    """The accuracies with each seed, printed as they come."""
    for seed in seeds:
        recipe = recipe_of(options, seed)
        data = flawed(recipe, flaws_of(options, options.kind))
        first = trained(recipe, data.dataset)
        doubtful = most_doubtful(first.kept)
        again = (
            data.without(doubtful & data.wrong),
            data.without(doubtful),
            flawed(recipe, flaws_of(options, "clean")),
        )
        found = Accuracies(first.top1, *(trained(recipe, one.dataset).top1 for one in again))
        print(f"  {seed}  {told(found)}  {dropped(doubtful, data)}", flush=True)
        yield found


def most_doubtful(kept: SightingsFile) -> NDArray[np.bool_]:
    """Which images are the most doubtful tenth."""
    doubtful = np.zeros(len(kept.labels), bool)
    doubtful[ranked(kept).first(len(doubtful) // WORST)] = True
    return doubtful


def interval(values: Floats) -> tuple[float, float, float]:
    """The mean of values (N,) of as many seeds, and its 95 % interval by a bootstrap."""
    low, high = np.quantile(values[_draws(len(values))].mean(1), (0.025, 0.975)).tolist()
    return float(values.mean()), low, high


def regained(found: Floats, index: int) -> str:
    """The share of the loss that dropping regains, from the accuracies (N, 4) of as many seeds."""
    gained, lost = found[:, index] - found[:, 0], found[:, 3] - found[:, 0]
    if interval(lost)[1] <= 0:
        return "not resolved, since these seeds may have lost nothing"
    drawn = _draws(len(found))
    low, high = np.quantile(gained[drawn].sum(1) / lost[drawn].sum(1), (0.025, 0.975)).tolist()
    return f"{gained.sum() / lost.sum():.2f} of the loss (95 % interval {low:.2f} to {high:.2f})"


def _draws(seeds: int) -> Ints:
    """So many draws (DRAWS, N) of N seeds with replacement, always the same."""
    return np.random.default_rng(0).integers(seeds, size=(DRAWS, seeds))


def told(found: Accuracies) -> str:
    return (
        f"wrong labels {found.wrong:.4f}, dropped knowing {found.knowing:.4f}, "
        f"dropped blind {found.blind:.4f}, right labels {found.right:.4f}"
    )


def dropped(doubtful: NDArray[np.bool_], data: Flawed) -> str:
    found = int((doubtful & data.wrong).sum())
    return f"({found:,} of {int(data.wrong.sum()):,} wrong ones found)"


if __name__ == "__main__":
    main()
