"""The rungs of a race with halving.

Successive halving (Jamieson and Talwalkar, 2016): all recipes train to the first rung, the best
third of them to the next one, and so on. A rung is an epoch of the full plan, so no schedule
changes, and a run that goes on is the run that it would have been.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from engine.racing.run_results import RunResults, loss_of

# One in so many recipes goes on after a rung.
REDUCTION = 3
# The rungs before the end, as shares of the plan. An earlier one would judge the first epochs.
SHARES = (Fraction(1, 9), Fraction(1, 3))


class Rung(NamedTuple):
    """A share of the plan, and how many recipes go on after it; none after the last one."""

    share: Fraction
    keeps: int

    @property
    def is_last(self) -> bool:
        return self.share == 1

    def epoch(self, planned: int) -> int:
        """The epoch at whose end the rung is reached, of so many planned ones."""
        return math.ceil(planned * self.share)


# The only rung of a race without halving.
LAST = Rung(Fraction(1), 0)


def rungs(recipes: int, *, halving: bool) -> list[Rung]:
    """The rungs of a race of so many recipes. One that would drop none is left out."""
    found, left = [], recipes
    for share in SHARES if halving else ():
        keeps = math.ceil(left / REDUCTION)
        if keeps < left:
            found.append(Rung(share, keeps))
            left = keeps
    return [*found, LAST]


class Score(NamedTuple):
    """How good a recipe is; the smaller, the better.

    First come recipes all of whose runs count. A run counts that has reached the rung, or has
    reached the end of its plan before, by its patience.
    """

    missing: int
    error: float
    loss: float


def score(results: Sequence[RunResults], rung: Rung) -> Score:
    """The score of a recipe at a rung, over its seeds."""
    counted = [each for each in results if counts(each, rung)]
    best = [each.best(rung.epoch(each.planned)) for each in counted]
    if not counted:
        return Score(len(results), math.inf, math.inf)
    error = sum(1.0 - (each.top1 or 0.0) if each else 1.0 for each in best) / len(counted)
    loss = sum(loss_of(each) if each else math.inf for each in best) / len(counted)
    return Score(len(results) - len(counted), error, loss)


def counts(results: RunResults, rung: Rung) -> bool:
    """Whether a run has reached a rung: the last one only where it is done.

    One that was dropped has not reached the rung at which it waited: others go on in its place.
    """
    if results.state == "done":
        return True
    epoch = rung.epoch(results.planned)
    waits = results.dropped and epoch == results.epoch
    return not rung.is_last and not waits and 0 < epoch <= results.epoch
