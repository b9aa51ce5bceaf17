"""How well cleanlab finds wrong labels, beside the project's own ranking.

    python -m benchmarks.suspect_peers [--arch lenet5] [--seeds 5] [--epochs 20] [--flips 0.1]
                                       [--kinds clean random pairs] [--recipe FIELDS.toml]

Needs a Python with cleanlab and this project's dependencies. It trains a network on digits with
wrong labels and with right ones, as `benchmarks/suspects.py` does. Then the project ranks the
images by the mean logits of the run, and cleanlab by each kind of predictions that
`benchmarks/label_predictions.py` has; its documentation asks for those that are held out. By the
self-confidence of the final network, images stand as by its loss, the statistic of fastai's
`top_losses`.

It prints, of each way, the average precision, the precision where 80 % of the wrong labels are
found, and the seconds of CPU time that the ranking alone takes: medians, the least and the most. Of
`find_label_issues` it prints which share of the flagged images has a wrong label, which share of
these is flagged, and the seconds; where all labels are right, the share of the images that is
flagged. Seed after seed, each kind of labels takes its turn, on one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from benchmarks.label_predictions import predictions
from benchmarks.suspects import REPORTS, Floats, add_options, flaws_of, precisions, recipe_of
from benchmarks.wrong_labels import Bools, Ints, Kind, flawed
from engine.suspicion.ranking import ranked

KINDS: Sequence[Kind] = ("clean", "random", "pairs")
METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")

# Of each way, a row of figures for each seed.
Table: TypeAlias = defaultdict[str, list[tuple[float, ...]]]


class Judged(NamedTuple):
    """The labels (N,) of images, and which of them are wrong."""

    labels: Ints
    wrong: Bools

    def add_ranking(self, table: Table, way: str, score: Callable[[], Floats]) -> None:
        """Add the figures of scores (N,), of which the most doubtful image has the highest."""
        began = time.process_time()
        scores = score()
        seconds = time.process_time() - began
        if self.wrong.any():
            found = precisions(scores, self.wrong)
            table[way].append((found.average, found.recalled, seconds))

    def add_flags(self, table: Table, kind: str, probabilities: Floats) -> None:
        """Add the figures of what cleanlab flags by these probabilities (N, classes)."""
        began = time.process_time()
        flagged: Bools = find_label_issues(self.labels, probabilities, n_jobs=1)
        seconds = time.process_time() - began
        found: tuple[float, ...] = (float(flagged.mean()), seconds)
        if self.wrong.any():
            right = np.count_nonzero(flagged & self.wrong)
            found = (right / max(1, flagged.sum()), right / self.wrong.sum(), seconds)
        table[f"{kind}: find_label_issues"].append(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    tables: dict[Kind, Table] = {kind: defaultdict(list) for kind in options.kinds}
    for seed in range(REPORTS, REPORTS + options.seeds):
        for kind in options.kinds:
            add(tables[kind], kind, seed, options)
            print(f"trained {kind} {seed}", flush=True)
    for kind, table in tables.items():
        print(f"\nlabels: {kind}")
        for way, rows in table.items():
            print(f"  {way:<42} {'   '.join(map(summed_up, zip(*rows, strict=True)))}")


def add(table: Table, kind: Kind, seed: int, options: argparse.Namespace) -> None:
    """Train with one seed on labels of this kind, and add the figures of each way."""
    recipe = recipe_of(options, seed)
    data = flawed(recipe, flaws_of(options, kind))
    found = predictions(recipe, data.dataset)
    table["seconds: the run, and five more trainings"].append(
        (found.seconds, found.held_out_seconds)
    )
    judged = Judged(data.given, data.wrong)
    judged.add_ranking(table, "mean: the project's", lambda: ranked(found.kept).scores)
    for source, given in found.probabilities.items():
        for method in METHODS:
            judged.add_ranking(table, f"{source}: {method}", doubts(judged.labels, given, method))
        judged.add_flags(table, source, given)


def doubts(labels: Ints, probabilities: Floats, method: str) -> Callable[[], Floats]:
    """What scores images by a method of cleanlab, the most doubtful one highest."""

    def score() -> Floats:
        found: Floats = -get_label_quality_scores(labels, probabilities, method=method)
        return found

    return score


def summed_up(column: Sequence[float]) -> str:
    """The median, the least and the most."""
    return f"{statistics.median(column):.4f} ({min(column):.4f}–{max(column):.4f})"


if __name__ == "__main__":
    main()
