"""The images whose label a person should look at first. That is no verdict on any of them."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.run.predictions_file import Predictions
from engine.run.sightings_file import SightingsFile
from engine.suspicion.ranking import Ints, Ranking

# One of a hundred images is to be looked at, and all that stand out, between these numbers.
FEWEST, MOST = 20, 500
# A list that goes on has one of so many images, between the same numbers.
FURTHER = 10


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """An image by its index, with the class that it was given and the one that it is held for.

    `score` is that of its ranking. The probabilities are those of both classes: of a training
    image, by the mean logits, and None without. `agreed` is the last epoch in which the given class
    ranked first, or 0, and `sightings` how often the image was seen; None of a validation image.
    """

    index: int
    given: int
    held: int
    score: float
    given_probability: float | None = None
    held_probability: float | None = None
    agreed: int | None = None
    sightings: int | None = None

    @property
    def sure(self) -> float:
        """The probability of the class that it is held for; without one, how far that leads."""
        return self.score if self.held_probability is None else self.held_probability


def count_listed(images: int, stand_out: int = 0) -> int:
    """How many of so many images are listed, if there are enough to list."""
    return min(MOST, max(FEWEST, images // 100, stand_out))


def count_further(images: int) -> int:
    """How many of so many images a list has that goes on."""
    return min(MOST, max(FEWEST, images // FURTHER))


def training_suspects(kept: SightingsFile, ranking: Ranking, count: int) -> list[Suspect]:
    """The most doubtful of the training images that were seen, the most doubtful one first."""
    first = ranking.first(count)
    probabilities = None if kept.logits is None else _softmax(kept.logits[first])
    found = []
    for row, index in enumerate(first.tolist()):
        given, held = int(kept.labels[index]), int(ranking.held[index])
        shares = None if probabilities is None else probabilities[row]
        suspect = Suspect(
            index=index,
            given=given,
            held=held,
            score=float(ranking.scores[index]),
            given_probability=None if shares is None else float(shares[given]),
            held_probability=None if shares is None else float(shares[held]),
            agreed=int(kept.agreed[index]),
            sightings=int(kept.sightings[index]),
        )
        found.append(suspect)
    return found


def validation_suspects(kept: Predictions, left_out: Ints, count: int) -> list[Suspect]:
    """The validation images that the network takes most surely for another class than their own.

    The images `left_out` (N,) are not among them. The score is the probability of that class minus
    that of their own.
    """
    wrong = np.setdiff1d(np.flatnonzero(kept.predicted != kept.labels), left_out)
    scores = kept.probability.astype(np.float64) - kept.label_probability
    first: Ints = wrong[np.argsort(-scores[wrong], kind="stable")]
    return [
        Suspect(
            index=index,
            given=int(kept.labels[index]),
            held=int(kept.predicted[index]),
            score=float(scores[index]),
            given_probability=float(kept.label_probability[index]),
            held_probability=float(kept.probability[index]),
        )
        for index in first[:count].tolist()
    ]


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """The probabilities (N, classes) of logits."""
    powers = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(1, keepdims=True)
    return shares
