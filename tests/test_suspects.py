"""The list of images to look at: which, in which order, and what it says of each."""

from __future__ import annotations

import numpy as np
import pytest

from engine.run.judgements import LEFT_OUT
from engine.run.predictions_file import Predictions
from engine.suspicion.ranking import ranked
from engine.suspicion.suspects import (
    count_further,
    count_listed,
    training_suspects,
    validation_suspects,
)
from tests.kept_sightings import contradicted, sighted, with_margins

NONE = np.zeros(0, np.int64)


@pytest.mark.parametrize(
    ("images", "count"), [(5, 20), (2_099, 20), (2_100, 21), (49_999, 499), (1_300_000, 500)]
)
def test_one_of_a_hundred_is_listed_between_bounds(images: int, count: int) -> None:
    assert count_listed(images) == count


@pytest.mark.parametrize(("stand_out", "count"), [(19, 20), (36, 36), (501, 500)])
def test_all_that_stand_out_are_listed(stand_out: int, count: int) -> None:
    assert count_listed(1_444, stand_out) == count


@pytest.mark.parametrize(("images", "count"), [(5, 20), (2_100, 210), (1_300_000, 500)])
def test_a_list_goes_on_to_a_tenth_of_the_images(images: int, count: int) -> None:
    assert count_further(images) == count


def test_images_that_a_person_keeps_are_not_listed() -> None:
    kept = contradicted(sighted(), 7)
    ranking = ranked(kept).without(np.array([2, 4]))
    found = [one.index for one in training_suspects(kept, ranking, 20)]
    assert {*found[:5]} == {0, 1, 3, 5, 6}
    assert not {2, 4} & {*found}


def test_the_most_doubtful_come_first_with_what_the_network_said() -> None:
    kept = contradicted(sighted(), 7, agreed=4)
    found = training_suspects(kept, ranked(kept), 20)
    assert len(found) == 20
    assert {suspect.index for suspect in found[:7]} == {*range(7)}
    assert [suspect.score for suspect in found] == sorted(
        (suspect.score for suspect in found), reverse=True
    )
    first = next(suspect for suspect in found if suspect.index == 2)
    assert (first.given, first.held, first.agreed, first.sightings) == (1, 2, 4, 20)
    assert kept.logits is not None
    powers = np.exp(kept.logits[2].astype(float))
    assert first.held_probability == pytest.approx(powers[2] / powers.sum())
    assert first.given_probability == pytest.approx(powers[1] / powers.sum())


def test_no_more_are_listed_than_were_seen() -> None:
    sightings = np.full(1000, 20, np.int32)
    sightings[6:] = 0
    kept = sighted(sightings=sightings)
    assert {one.index for one in training_suspects(kept, ranked(kept), 20)} == {*range(6)}


def test_without_logits_there_are_no_probabilities() -> None:
    kept = with_margins(sighted(), -0.8, 3)
    first, *_ = training_suspects(kept, ranked(kept), 20)
    assert (first.index, first.given, first.held) == (0, 0, 1)
    assert first.score == pytest.approx(0.8)
    assert (first.given_probability, first.held_probability) == (None, None)


def predictions(labels: list[int], predicted: list[int], probability: list[float]) -> Predictions:
    said = np.array(probability, np.float32)
    true, taken = np.array(labels, np.int32), np.array(predicted, np.int32)
    return Predictions(
        epoch=4,
        step=40,
        digest="5d41",
        labels=true,
        predicted=taken,
        probability=said,
        label_probability=np.where(true == taken, said, (1 - said) / 2).astype(np.float32),
        among_five=np.ones(len(labels), np.bool_),
    )


def test_of_validation_images_only_wrong_ones_are_listed_the_surest_first() -> None:
    kept = predictions([0, 1, 2, LEFT_OUT, 0], [0, 2, 1, LEFT_OUT, 1], [0.9, 0.6, 0.8, 1.0, 0.7])
    found = validation_suspects(kept, NONE, 20)
    assert [(one.index, one.given, one.held) for one in found] == [(2, 2, 1), (4, 0, 1), (1, 1, 2)]
    assert [one.score for one in found] == pytest.approx([0.7, 0.55, 0.4])
    assert found[0].held_probability == pytest.approx(0.8)
    assert (found[0].agreed, found[0].sightings) == (None, None)


def test_no_more_than_the_first_validation_images_are_listed() -> None:
    kept = predictions([0] * 100, [1] * 100, [0.6] * 100)
    assert [one.index for one in validation_suspects(kept, NONE, 20)] == [*range(20)]
