"""Images are ranked by how doubtful their label is, from mean logits or mean margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.suspicion import ranking

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def clouds(counts: tuple[int, ...], seed: int = 0) -> tuple[Floats, Ints]:
    """Logits of a network that is mostly right: a cloud for each class, stretched alike."""
    drawn = np.random.default_rng(seed)
    classes = len(counts)
    labels = np.repeat(np.arange(classes), counts)
    stretch = np.eye(classes) + 0.4 * drawn.normal(size=(classes, classes))
    return 6 * np.eye(classes)[labels] + drawn.normal(size=(len(labels), classes)) @ stretch, labels


def all_seen(labels: Ints) -> NDArray[np.bool_]:
    return np.ones(len(labels), bool)


def by_hand(logits: Floats, labels: Ints) -> Floats:
    """The scores, an image at a time."""
    kept = list(range(len(labels)))
    classes = logits.shape[1]
    for fit in range(ranking.FITS):
        means = [logits[[i for i in kept if labels[i] == c]].mean(0) for c in range(classes)]
        spread = np.zeros((classes, classes))
        for i in kept:
            spread += np.outer(logits[i] - means[labels[i]], logits[i] - means[labels[i]])
        spread /= len(kept) - classes
        spread += ranking.RIDGE * np.trace(spread) / classes * np.eye(classes)
        inverse = np.linalg.inv(spread)
        scores = np.zeros(len(labels))
        for i, given in enumerate(labels):
            densities = [-0.5 * (logits[i] - m) @ inverse @ (logits[i] - m) for m in means]
            scores[i] = max(np.delete(densities, given)) - densities[given]
        if fit < ranking.FITS - 1:
            kept = kept_by_hand(scores, labels)
    return scores - credit_by_hand(scores, labels, kept)


def kept_by_hand(scores: Floats, labels: Ints) -> list[int]:
    kept: list[int] = []
    sizes = [int((labels == c).sum()) for c in range(int(labels.max()) + 1)]
    for c, size in enumerate(sizes):
        own = sorted(np.flatnonzero(labels == c).tolist(), key=lambda i: float(scores[i]))
        left_out = int(min((scores[own] > 0).sum(), 0.15 * float(np.median(sizes)), 0.8 * size))
        kept += own[: size - max(left_out, int(0.1 * size))]
    return kept


def credit_by_hand(scores: Floats, labels: Ints, kept: list[int]) -> Floats:
    sizes = [sum(labels[i] == c for i in kept) for c in range(int(labels.max()) + 1)]
    credit = np.zeros(len(labels))
    for i, given in enumerate(labels):
        own = np.median([scores[j] for j in kept if labels[j] == given])
        rare = max(0.0, 1 - sizes[given] / float(np.median(sizes)))
        credit[i] = rare * max(0.0, float(own - np.median(scores[kept])))
    return credit


def test_scores_are_those_by_hand() -> None:
    logits, labels = clouds((23, 31, 12))
    labels[[3, 4, 5, 30, 60]] = [2, 2, 2, 2, 0]  # of the third class, more than a tenth
    logits[labels == 2] += [3, 0, -4]  # and it fits worse
    found = ranking.by_logits(logits, labels, all_seen(labels))
    np.testing.assert_allclose(found.scores, by_hand(logits, labels), rtol=1e-9)


def test_wrong_labels_come_first_with_the_class_that_they_hide() -> None:
    logits, labels = clouds((200, 200, 200, 200))
    wrong = np.arange(0, 800, 20)
    given = labels.copy()
    given[wrong] = (labels[wrong] + 1) % 4
    found = ranking.by_logits(logits, given, all_seen(given))
    first = found.first(len(wrong))
    assert len(set(first) & set(wrong)) >= 0.95 * len(wrong)
    assert (found.held[wrong] == labels[wrong]).mean() >= 0.95


def test_a_rare_class_is_as_credible_as_the_others() -> None:
    logits, labels = clouds((1000, 1000, 60), seed=3)
    logits[labels == 2] -= [0, 0, 3.5]  # it has learned the rare class less well
    logits[labels == 2] += [3, 0, 0]
    first = ranking.by_logits(logits, labels, all_seen(labels)).first(200)
    assert np.count_nonzero(labels[first] == 2) <= 2 * 200 * 60 / 2060


def test_wrong_labels_are_found_where_they_are_most_of_a_rare_class() -> None:
    logits, labels = clouds((1000, 1000, 40), seed=3)
    given = labels.copy()
    wrong = np.arange(0, 900, 15)
    given[wrong] = 2
    first = ranking.by_logits(logits, given, all_seen(given)).first(len(wrong))
    assert len(set(first) & set(wrong)) >= 0.9 * len(wrong)


def test_a_fifth_of_a_class_is_always_fitted() -> None:
    labels = np.repeat([0, 1, 2], [200, 200, 10])
    scores = np.where(labels == 2, 1.0, -1.0)  # another class is likelier for all of the third
    assert np.bincount(labels[ranking._fitting(scores, labels)]).tolist() == [180, 180, 2]


def test_images_that_were_never_seen_are_not_ranked() -> None:
    logits, labels = clouds((10, 10))
    seen = all_seen(labels)
    seen[4:8] = False
    logits[4:8] = np.nan
    found = ranking.by_logits(logits, labels, seen)
    assert set(found.first(20)) == set(range(20)) - {4, 5, 6, 7}
    assert (found.scores[4:8] == ranking.UNSEEN).all()
    assert np.isfinite(found.scores[seen]).all()


def test_nothing_is_ranked_before_anything_was_seen() -> None:
    logits, labels = clouds((5, 5))
    found = ranking.by_logits(logits, labels, np.zeros(10, bool))
    assert len(found.first(20)) == 0
    assert found.held.tolist() == labels.tolist()


def test_a_class_without_images_is_nobodys_other_class() -> None:
    logits, labels = clouds((20, 0, 20))
    found = ranking.by_logits(logits, labels, all_seen(labels))
    assert set(found.held) == {0, 2}


def test_logits_without_any_variance_have_scores() -> None:
    labels = np.array([0, 0, 1, 1])
    found = ranking.by_logits(np.zeros((4, 2)), labels, all_seen(labels))
    assert found.scores.tolist() == [0.0] * 4


def test_margins_are_ranked_as_they_are() -> None:
    margins, held = np.array([0.9, -0.5, 0.1, np.nan]), np.array([1, 0, 0, 0])
    found = ranking.by_margins(margins, held, np.array([True, True, True, False]))
    assert found.first(3).tolist() == [1, 2, 0]
    assert found.held.tolist() == [1, 0, 0, 0]
