"""What the judgements of a network amount to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run.judgements import LEFT_OUT, Judgements
from engine.run.measures import ClassMeasures, Measures
from engine.run.measuring import BINS, calibration, measured


def judgements(
    labels: Sequence[int],
    predicted: Sequence[int],
    probability: Sequence[float],
    label_probability: Sequence[float] | None = None,
    among_five: Sequence[bool] | None = None,
) -> Judgements:
    return Judgements(
        labels=np.array(labels, np.int32),
        predicted=np.array(predicted, np.int32),
        probability=np.array(probability, np.float32),
        label_probability=np.array(label_probability or probability, np.float32),
        among_five=np.array(among_five or [True] * len(labels)),
    )


def of(*args: Sequence[float], classes: int = 3) -> Measures:
    found = measured(judgements(*args), classes)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_three_classes_by_hand() -> None:
    found = of(
        [0, 0, 0, 1, LEFT_OUT],
        [0, 0, 1, 1, LEFT_OUT],
        [0.9, 0.8, 0.6, 0.5, 0.0],
        [0.9, 0.8, 0.3, 0.5, 0.0],
    )
    assert (found.images, found.left_out, found.top1, found.top5) == (4, 1, 0.75, None)
    assert found.balanced == pytest.approx((2 / 3 + 1) / 2)
    assert found.loss == pytest.approx(-sum(map(math.log, (0.9, 0.8, 0.3, 0.5))) / 4)
    two_thirds = 2 / 3
    assert found.classes == (
        ClassMeasures(3, 1.0, two_thirds, 0.8),
        ClassMeasures(1, 0.5, 1.0, two_thirds),
        ClassMeasures(0, None, None, None),
    )
    assert found.confusion == ((0, 0, 2), (0, 1, 1), (1, 1, 1))


def test_the_calibration_error_weighs_each_bin_by_its_images() -> None:
    found = calibration(np.array([0.95, 0.97, 0.5, 0.5], np.float32), np.array([1, 0, 1, 1]) > 0)
    assert found.error == pytest.approx((2 * (0.96 - 0.5) + 2 * (1.0 - 0.5)) / 4, abs=1e-6)
    full = [one for one in found.bins if one.images]
    assert [(one.images, one.accuracy) for one in full] == [(2, 1.0), (2, 0.5)]
    assert full[0].low < 0.5 <= full[0].high
    assert found.bins[0].confidence is found.bins[0].accuracy is None


@pytest.mark.parametrize(("probability", "index"), [(0.0, 0), (1 / 15, 0), (0.07, 1), (1.0, 14)])
def test_a_bin_contains_its_upper_edge(probability: float, index: int) -> None:
    found = calibration(np.array([probability]), np.array([True]))
    assert [one.images for one in found.bins].index(1) == index
    assert len(found.bins) == BINS


def test_few_images_alone_make_an_error_as_large_as_predicted() -> None:
    """A network that is right as often as it says: the mean of the error over many draws."""
    random = np.random.default_rng(0)
    confidence = random.beta(8, 2, 200).astype(np.float32)
    drawn = [calibration(confidence, random.random(200) < confidence).error for _ in range(300)]
    expected = calibration(confidence, confidence > 0.5).by_chance
    assert expected == pytest.approx(float(np.mean(drawn)), rel=0.05)
    assert expected > 0.03


def test_top5_counts_with_six_classes() -> None:
    found = of([0, 1], [0, 2], [0.9, 0.5], [0.9, 0.0], [True, False], classes=6)
    assert found.top5 == 0.5
    assert found.loss is not None
    assert 50 < found.loss < 60  # a probability of 0 counts as the smallest that float32 holds


def test_no_image_gives_no_measures() -> None:
    assert measured(judgements([LEFT_OUT], [LEFT_OUT], [0.0]), 3) is None


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.floats(0, 1)), min_size=1))
def test_the_parts_agree(images: list[tuple[int, int, float]]) -> None:
    labels, predicted, probability = map(list, zip(*images, strict=True))
    found = of(labels, predicted, probability, classes=7)
    right = sum(true == taken for true, taken in zip(labels, predicted, strict=True))
    assert found.top1 == right / len(images)
    assert sum(count for _, _, count in found.confusion) == found.images == len(images)
    assert sum(one.images for one in found.classes) == len(images)
    assert sum(one.images for one in found.calibration.bins) == len(images)
    assert 0 <= found.calibration.error <= 1
