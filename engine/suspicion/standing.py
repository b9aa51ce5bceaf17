"""Whether images stand out among those that a run has trained on.

An image stands out where a score above `LEAST_SCORE` says that another class is likelier, and where
its label has not ranked first in the later half of the epochs that are counted, when the network
knows the most. Without logits, the mean margin must be below `-LEAST_LEAD`: the best other class
was ahead by half of the probability.

"Some stand out" takes three such images, and 0.5 % of those that were seen; else nothing does. It
is too early for either where fewer than three epochs count, or where the network ranks the label
first, by its means, for fewer than half of the images: it then contradicts what it has not learned.

The numbers were chosen on digits (1,442 images, LeNet-5, the recipe `quick`, seeds 100 to 105).
With right labels, at most 1 image was contradicted since half of 20 epochs, and at most 2 had such
a score; of 5 epochs it was 50 and 4. With a tenth of the labels wrong, it was 126 and 102 or more.
With three classes cut to a tenth (about 1,050 images, seeds 100 to 115) and 5 epochs, up to 6 right
labels stood out, more than 0.3 % in five of the sixteen runs and more than 0.5 % in one. None of
the other clean runs is a false alarm, and over 20 epochs none of ten others (seeds 200 to 209) that
`benchmarks/suspects.py` trains: with 95 % confidence at most 26 % of such runs are. The bound for
margins is analogous; no experiment chose it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.run.sightings_file import SightingsFile
from engine.suspicion.ranking import Ranking

State: TypeAlias = Literal["too early", "nothing stands out", "some stand out"]

# In nats, and as a share of the probability.
LEAST_SCORE, LEAST_LEAD = 20.0, 0.5
LEAST_EPOCHS, LEAST_AGREEING = 3, 0.5
LEAST_IMAGES, LEAST_SHARE = 3, 0.005


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of all images together.

    `stand_out` of the `images` that were seen do so, by `epochs` that count. The network ranks the
    label first, by its means, for the share `agreeing` of them.
    """

    state: State
    stand_out: int
    images: int
    epochs: int
    agreeing: float


def standing(kept: SightingsFile, ranking: Ranking) -> Standing:
    """The standing of the images of a run, which are ranked."""
    seen = kept.sightings > 0
    images, epochs = int(seen.sum()), _epochs(kept)
    stand_out = int(standing_out(kept, ranking).sum())
    agreeing = _agreeing(kept) / images if images else 0.0
    state: State = "nothing stands out"
    if epochs < LEAST_EPOCHS or agreeing < LEAST_AGREEING:
        state = "too early"
    elif stand_out >= max(LEAST_IMAGES, LEAST_SHARE * images):
        state = "some stand out"
    return Standing(
        state=state, stand_out=stand_out, images=images, epochs=epochs, agreeing=agreeing
    )


def standing_out(kept: SightingsFile, ranking: Ranking) -> NDArray[np.bool_]:
    """Which images (N,) stand out."""
    least = LEAST_SCORE if kept.logits is not None else LEAST_LEAD
    contradicted = kept.agreed < kept.since_epoch + _epochs(kept) // 2
    found: NDArray[np.bool_] = (kept.sightings > 0) & contradicted & (ranking.scores > least)
    return found


def _epochs(kept: SightingsFile) -> int:
    return kept.epoch - kept.since_epoch + 1


def _agreeing(kept: SightingsFile) -> int:
    """The number of images whose label ranks first by the mean of what the network said."""
    seen = kept.sightings > 0
    if kept.logits is not None:
        return int((kept.logits.argmax(1) == kept.labels)[seen].sum())
    assert kept.margins is not None
    return int(np.count_nonzero(kept.margins[seen] > 0))
