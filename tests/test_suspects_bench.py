"""The benchmarks of doubtful labels: which labels they exchange, and how they measure a ranking."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.regained import interval, regained
from benchmarks.suspects import Listed, precisions, right_among
from benchmarks.wrong_labels import DIGIT_PAIRS, Flawed, Flaws, Kind, exchanged, flawed
from engine.data.base.dataset import Images
from engine.recipes.recipe_building import build_recipe
from engine.suspicion.ranking import Ranking

RIGHT = np.arange(1000) % 10
PARTNERS = {frozenset(pair) for pair in DIGIT_PAIRS}


@pytest.mark.parametrize(
    ("kind", "wrong", "pairs"), [("clean", 0, 0), ("pairs", 100, 100), ("half", 100, 50)]
)
def test_it_exchanges_so_many_labels_and_so_many_of_them_in_pairs(
    kind: Kind, wrong: int, pairs: int
) -> None:
    given = exchanged(RIGHT, kind, 0.1, DIGIT_PAIRS, np.random.default_rng(1))
    changed = np.flatnonzero(given != RIGHT)
    by_pair = sum(frozenset((int(RIGHT[i]), int(given[i]))) in PARTNERS for i in changed)
    assert len(changed) == wrong
    assert pairs <= by_pair <= pairs + (20 if kind == "half" else 0)  # some by chance
    assert {*given.tolist()} == {*range(10)}


def test_random_labels_are_any_other_class() -> None:
    given = exchanged(RIGHT, "random", 0.5, DIGIT_PAIRS, np.random.default_rng(1))
    assert np.count_nonzero(given != RIGHT) == 500
    assert {*((given - RIGHT) % 10).tolist()} == {*range(10)}


def of_digits(flaws: Flaws, seed: int = 3) -> Flawed:
    return flawed(build_recipe(flags={"data": "digits", "seed": seed}), flaws)


def test_rare_classes_keep_a_tenth_of_their_images() -> None:
    usual, found = (of_digits(Flaws("pairs", rare=rare)) for rare in (0, 3))
    usual_counts, counts = (np.bincount(one.right, minlength=10) for one in (usual, found))
    assert len(found.rare) == 3
    for label in range(10):
        expected = usual_counts[label] // 10 if label in found.rare else usual_counts[label]
        assert counts[label] == expected
    assert found.of_rare.sum() == counts[found.rare].sum()
    assert found.wrong.sum() == round(0.1 * len(found.right))


def pictures(data: Flawed) -> set[tuple[bytes, int]]:
    images = data.dataset.train
    assert isinstance(images, Images)
    return {
        (pixels.numpy().tobytes(), label)
        for pixels, label in zip(images.pixels, data.right.tolist(), strict=True)
    }


def test_so_many_images_are_taken_with_their_pixels() -> None:
    usual, found = of_digits(Flaws("clean")), of_digits(Flaws("clean", images=200))
    assert len(found.right) == 200
    assert {*found.right.tolist()} == {*range(10)}
    assert pictures(found) <= pictures(usual)
    assert len(pictures(found)) == 200


def test_what_is_dropped_is_gone_and_the_rest_stays() -> None:
    data = of_digits(Flaws("random"))
    found = data.without(data.wrong)
    assert len(found.right) == len(data.right) - data.wrong.sum()
    assert found.given.tolist() == data.right[~data.wrong].tolist()
    assert not found.wrong.any()


def test_precisions_are_those_by_hand() -> None:
    scores = np.array([9.0, 8.0, 7.0, 6.0, 5.0, -np.inf])
    wrong = np.array([True, False, True, True, False, True])
    average, recalled, first = precisions(scores, wrong)
    assert average == pytest.approx((1 / 1 + 2 / 3 + 3 / 4 + 4 / 6) / 4)
    assert recalled == pytest.approx(4 / 6)  # 80 % of four are all of them
    assert first == 1.0
    assert precisions(scores, np.array([True, True, *[False] * 4])) == (1.0, 1.0, 1.0)


def test_a_fiftieth_of_the_images_is_first() -> None:
    wrong = np.arange(200) % 4 == 0
    assert precisions(-np.arange(200.0), wrong).first == 0.25


def test_right_labels_in_front_are_counted_of_rare_classes_and_others() -> None:
    data = of_digits(Flaws("pairs", rare=2))
    order = np.random.default_rng(0).permutation(len(data.right))
    scores = np.empty(len(order))
    scores[order] = -np.arange(float(len(order)))
    expected = [0, 0, 0, 0]
    for place, index in enumerate(order.tolist()):
        if not data.wrong[index]:
            group = 0 if data.right[index] in data.rare else 2
            expected[group + 1] += 1
            expected[group] += place < 300
    assert right_among(Ranking(scores, data.given), 300, data) == Listed(*expected)


def test_what_is_regained_is_a_ratio_of_sums_with_an_interval_over_seeds() -> None:
    found = np.array([[0.80, 0.88, 0.84, 0.90], [0.70, 0.71, 0.68, 0.80]])
    assert regained(found, 1) == "0.45 of the loss (95 % interval 0.10 to 0.80)"
    assert regained(found, 2).startswith("0.10 of the loss")
    assert interval(found[:, 3] - found[:, 0]) == pytest.approx((0.1, 0.1, 0.1))


def test_nothing_is_regained_of_a_loss_that_may_be_chance() -> None:
    assert "not resolved" in regained(np.array([[0.8, 0.9, 0.9, 0.9], [0.8, 0.8, 0.8, 0.8]]), 1)
