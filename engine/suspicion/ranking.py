"""Ranks labelled images by how doubtful their label is, from the mean logits of their sightings.

The logits of each class are taken as one Gaussian with a mean of its own and a covariance that all
classes share (linear discriminant analysis). It is fitted four times; each time after the first, it
leaves out the tenth of each class that fits its label worst, so that wrong labels do not draw the
means to them. Where wrong labels fall on a rare class, they may be half of it: of images for which
another class is likelier, it leaves out as many as 15 % of a class of the median size, up to four
fifths of their own. That is the setting of Lee et al. 2019, "Robust inference via generative
classifiers for handling noisy labels" (arXiv:1901.11300), with trimmed classes in place of the
minimum covariance determinant.

A rare class is no less credible. A prior for the classes is left out. A network learns a rare class
later, and so less of it: all its images fit worse. Where the median of a class with n images, of
those that were fitted, lies above the median of all, its scores come nearer to it by the share
1 - n / m, where m is the median size of a class. Classes of one size stay as they are.

The numbers were chosen on digits (LeNet-5, the recipe `quick`, 5 and 20 epochs, seeds 100 to 115),
of equal classes and with three classes cut to a tenth; `benchmarks/suspects.py` trains them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.run.sightings_file import SightingsFile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The share of each class that is left out of a fit; with more contradicted images, that of a class
# of the median size, and the most of the class itself.
FITS, TRIMMED, TRIMMED_OF_MEDIAN, MOST_TRIMMED = 4, 0.1, 0.15, 0.8
# This share of the mean variance is added to each: logits may have a direction without any.
RIDGE, LEAST_RIDGE = 1e-3, 1e-12
# So many images at a time are held against all classes.
BLOCK = 1024
# The score of an image that was never seen: it stands behind all others.
UNSEEN = -np.inf


class Ranking(NamedTuple):
    """How doubtful the label of each of N images is.

    `scores` (N,) are log density ratios, of the best other class to the given one: above 0 the
    other class is likelier. `held` (N,) is that other class.
    """

    scores: Floats
    held: Ints

    def first(self, count: int) -> Ints:
        """The indices of the most doubtful images that were seen, the most doubtful one first."""
        order = np.argsort(-self.scores, kind="stable")[:count]
        return order[np.isfinite(self.scores[order])]

    def without(self, images: Ints) -> Ranking:
        """The same, but these images (N,) stand behind all others, as if they were never seen."""
        scores = self.scores.copy()
        scores[images] = UNSEEN
        return self._replace(scores=scores)


def ranked(kept: SightingsFile) -> Ranking:
    """Rank the images of a run by what it has kept of them."""
    seen = kept.sightings > 0
    if kept.logits is not None:
        return by_logits(kept.logits, kept.labels, seen)
    assert kept.margins is not None
    assert kept.held is not None
    return by_margins(kept.margins, kept.held, seen)


def by_logits(
    logits: NDArray[np.floating], labels: NDArray[np.integer], seen: NDArray[np.bool_]
) -> Ranking:
    """Rank images by their mean logits (N, classes), given labels (N,), and whether each was seen.

    A class of which nothing was seen is nobody's other class.
    """
    scores, held = np.full(len(labels), UNSEEN), labels.astype(np.int64)
    if seen.any() and logits.shape[1] > 1:
        scores[seen], held[seen] = _ratios(logits[seen].astype(np.float64), held[seen])
    return Ranking(scores, held)


def by_margins(
    margins: NDArray[np.floating], held: NDArray[np.integer], seen: NDArray[np.bool_]
) -> Ranking:
    """Rank images by the mean margin (N,) between the given class's probability and the best other.

    For networks of so many classes that mean logits are not kept; `held` (N,) is the class that the
    network has held the image for.
    """
    scores = np.where(seen, -margins.astype(np.float64), UNSEEN)
    return Ranking(scores, held.astype(np.int64))


class _Spread(NamedTuple):
    """The logits of N images as the `means` (classes, classes) of their classes, and what is left.

    `away` (N, classes) is each image's distance from the mean of its class, and `moment` (classes,
    classes) the sum of its outer products: a fit subtracts those of the few that it leaves out.
    """

    away: Floats
    means: Floats
    moment: Floats


def _ratios(logits: Floats, labels: Ints) -> tuple[Floats, Ints]:
    """The score (N,) of each image, and its best other class (N,). The logits are overwritten."""
    kept = np.ones(len(labels), bool)
    means = _means(logits, labels, kept)
    for rows in _blocks(len(labels)):
        logits[rows] -= means[labels[rows]]
    spread = _Spread(logits, means, logits.T @ logits)
    for _ in range(1, FITS):
        kept = _fitting(_fitted(spread, labels, kept)[0], labels)
    scores, held = _fitted(spread, labels, kept)
    return _credited(scores, labels, kept), held


def _fitted(spread: _Spread, labels: Ints, kept: NDArray[np.bool_]) -> tuple[Floats, Ints]:
    """The score (N,) of each image by a fit to those that are kept, and its best other class."""
    away, classes = spread.away, spread.away.shape[1]
    counts = np.bincount(labels[kept], minlength=classes)
    moved, left_out = _means(away, labels, kept), away[~kept]
    covariance = spread.moment - left_out.T @ left_out - (moved.T * counts) @ moved
    covariance /= max(1, int(counts.sum()) - int(np.count_nonzero(counts)))
    variance = float(np.trace(covariance)) / classes
    covariance += (RIDGE * variance + LEAST_RIDGE) * np.eye(classes)
    means = spread.means + moved
    precise = np.linalg.solve(covariance, means.T)  # (classes, classes)
    shared = spread.means @ precise - 0.5 * (means.T * precise).sum(0)
    shared[:, counts == 0] = -np.inf
    scores, held = np.empty(len(labels)), np.empty(len(labels), np.int64)
    for rows in _blocks(len(labels)):
        log_densities = away[rows] @ precise + shared[labels[rows]]
        scores[rows], held[rows] = _against_given(log_densities, labels[rows])
    return scores, held


def _blocks(images: int) -> Iterator[slice]:
    """All images, so many at a time that their log densities take little memory."""
    return (slice(start, start + BLOCK) for start in range(0, images, BLOCK))


def _means(logits: Floats, labels: Ints, kept: NDArray[np.bool_]) -> Floats:
    """The mean logits (classes, classes) of the kept images of each class, 0 where none is kept."""
    by_class = np.flatnonzero(kept)[np.argsort(labels[kept], kind="stable")]
    counts = np.bincount(labels[kept], minlength=logits.shape[1])
    found = np.zeros((len(counts), logits.shape[1]))
    for label, own in enumerate(np.split(by_class, np.cumsum(counts)[:-1])):
        if len(own):
            found[label] = logits[own].mean(0)
    return found


def _against_given(log_densities: Floats, labels: Ints) -> tuple[Floats, Ints]:
    rows = np.arange(len(labels))
    given = log_densities[rows, labels]
    log_densities[rows, labels] = -np.inf
    held = log_densities.argmax(1)
    return log_densities[rows, held] - given, held


def _fitting(scores: Floats, labels: Ints) -> NDArray[np.bool_]:
    """All images (N,) but those of each class with the highest scores."""
    kept, counts = np.ones(len(labels), bool), np.bincount(labels)
    size = np.median(counts[counts > 0])
    for label in np.flatnonzero(counts):
        own = np.flatnonzero(labels == label)
        most = int(min(MOST_TRIMMED * len(own), TRIMMED_OF_MEDIAN * size))
        left_out = max(int(TRIMMED * len(own)), min(most, int((scores[own] > 0).sum())))
        if left_out:
            worst = np.argpartition(-scores[own], left_out - 1)[:left_out]
            kept[own[worst]] = False
    return kept


def _credited(scores: Floats, labels: Ints, kept: NDArray[np.bool_]) -> Floats:
    """The scores (N,), lower in rare classes whose images fit worse than those of all classes."""
    found, usual, counts = scores.copy(), np.median(scores[kept]), np.bincount(labels[kept])
    size = np.median(counts[counts > 0])
    for label in np.flatnonzero(counts < size):
        own = labels == label
        if not own.any():
            continue
        above = max(0.0, np.median(scores[own & kept]) - usual)
        found[own] -= (1 - counts[label] / size) * above
    return found
