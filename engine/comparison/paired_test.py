"""An exact test of whether two networks differ by more than chance, on the same labelled images."""

from __future__ import annotations

import functools
import itertools
import math
from statistics import NormalDist

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.comparison.several_tests import ALPHA

# Fixed point with so many bits after the point: no rounding reaches the float of the result.
BITS = 192


class Paired(msgspec.Struct, frozen=True):
    """The images that both networks classify correctly, only one of them, or neither.

    `p` is the chance that two equally good networks differ at least as much, given how many images
    only one of them has right. `difference` is the accuracy of the first minus that of the second,
    and with 95 % confidence it is from `low` to `high`. `shows_from` is the smallest difference
    that this test alone could have told from chance. `left_out` are images that do not count, since
    only one network has judged them, or by another label.
    """

    both: int
    only_a: int
    only_b: int
    neither: int
    p: float
    difference: float
    low: float
    high: float
    shows_from: float
    left_out: int = 0

    @property
    def images(self) -> int:
        return self.both + self.only_a + self.only_b + self.neither


def paired(a: NDArray[np.bool_], b: NDArray[np.bool_], left_out: int = 0) -> Paired:
    """Compare the hits (N,) of two networks on the same N > 0 images: McNemar 1947
    (doi:10.1007/BF02295996), in its exact form."""
    images, both = len(a), int((a & b).sum())
    only_a, only_b = int(a.sum()) - both, int(b.sum()) - both
    low, high = interval(only_a, only_b, images)
    return Paired(
        both,
        only_a,
        only_b,
        images - both - only_a - only_b,
        two_sided(min(only_a, only_b), only_a + only_b),
        (only_a - only_b) / images,
        low,
        high,
        shows_from(only_a + only_b, images),
        left_out,
    )


def shows_from(decisive: int, images: int, tests: int = 1) -> float:
    """The smallest difference that shows for sure in one of so many tests together, by Holm.

    `decisive` images are those that only one network has right. Above 1, so few images show none.
    """
    return _fewest_more(decisive, ALPHA / tests) / images


@functools.lru_cache(maxsize=4096)
def two_sided(fewer: int, trials: int) -> float:
    """The chance that one side of so many fair coins shows at most `fewer` times.

    `fewer` is at most half of the trials. The binomial distribution is summed from its largest term
    down, as whole numbers.
    """
    term = total = 1 << BITS
    for i in range(fewer, 0, -1):
        term = term * i // (trials - i + 1)
        if not term:
            break
        total += term
    return min(1.0, 2 * math.comb(trials, fewer) * total / (1 << (BITS + trials)))


@functools.lru_cache(maxsize=4096)
def _fewest_more(trials: int, alpha: float) -> int:
    """By how many images one side must lead, for a p of at most `alpha` in so many trials.

    Where not even all of them suffice, it is the number of trials that would.
    """
    least = next(n for n in itertools.count(1) if two_sided(0, n) <= alpha)
    if trials <= least:
        return least
    # The normal approximation is off by very few.
    fewer = int(trials / 2 + NormalDist().inv_cdf(alpha / 2) * math.sqrt(trials) / 2)
    while two_sided(fewer, trials) > alpha:
        fewer -= 1
    while two_sided(fewer + 1, trials) <= alpha:
        fewer += 1
    return trials - 2 * fewer


def interval(only_a: int, only_b: int, images: int) -> tuple[float, float]:
    """The 95 % confidence interval of a difference between two accuracies on the same images.

    The adjusted Wald interval of Bonett and Price 2012 (doi:10.3102/1076998611411915). Unlike the
    plain one, it has a width where the networks never differ.
    """
    a, b = (only_a + 1) / (images + 2), (only_b + 1) / (images + 2)
    reach = NormalDist().inv_cdf(1 - ALPHA / 2) * math.sqrt((a + b - (a - b) ** 2) / (images + 2))
    return max(-1.0, a - b - reach), min(1.0, a - b + reach)
