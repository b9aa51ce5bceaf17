"""Whether images stand out is told by one rule, at its bounds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.run.sightings_file import SightingsFile
from engine.suspicion import suspicion_text
from engine.suspicion.ranking import ranked
from engine.suspicion.standing import Standing, standing
from tests.kept_sightings import contradicted, sighted, with_margins


def stood(kept: SightingsFile) -> Standing:
    return standing(kept, ranked(kept))


def test_nothing_stands_out_where_the_network_agrees_with_all_labels() -> None:
    found = stood(sighted())
    expected = {"state": "nothing stands out", "stand_out": 0, "images": 1000, "epochs": 20}
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.agreeing == 1.0
    assert (
        suspicion_text.told(found)
        == "Nothing stands out among 1,000 images; wrong labels may be among the first."
    )


@pytest.mark.parametrize(
    ("images", "wrong", "state"),
    [
        (600, 2, "nothing stands out"),
        (600, 3, "some stand out"),  # three, which are 0.5 %
        (2000, 9, "nothing stands out"),
        (2000, 10, "some stand out"),  # 0.5 %
    ],
)
def test_some_stand_out_from_three_and_from_a_share_on(images: int, wrong: int, state: str) -> None:
    found = stood(contradicted(sighted(images), wrong))
    assert (found.state, found.stand_out) == (state, wrong)


@pytest.mark.parametrize(
    ("since", "epoch", "agreed", "count"),
    [(1, 20, 10, 9), (1, 20, 11, 0), (1, 5, 2, 9), (1, 5, 3, 0), (11, 30, 20, 9), (11, 30, 21, 0)],
)
def test_a_label_that_ranked_first_in_the_later_half_does_not_stand_out(
    since: int, epoch: int, agreed: int, count: int
) -> None:
    kept = sighted(since_epoch=since, epoch=epoch, agreed=np.full(1000, epoch, np.int32))
    assert stood(contradicted(kept, 9, agreed)).stand_out == count


def test_a_label_that_is_hardly_less_likely_does_not_stand_out() -> None:
    kept = contradicted(sighted(), 9)
    assert kept.logits is not None
    logits = kept.logits.copy()
    rows = np.arange(9)
    logits[rows, kept.labels[:9]] = logits[rows].max(1) - 0.1
    found = dataclasses.replace(kept, logits=logits)
    assert (ranked(found).scores[:9] < 20).all()
    assert (stood(found).stand_out, stood(kept).stand_out) == (0, 9)


def test_without_logits_the_mean_margin_decides() -> None:
    kept = contradicted(sighted(), 9)
    found = stood(with_margins(kept, -0.51, 9))
    assert (found.state, found.stand_out, found.agreeing) == ("some stand out", 9, 0.991)
    assert stood(with_margins(kept, -0.49, 9)).stand_out == 0


def test_before_three_epochs_it_is_too_early() -> None:
    early = contradicted(sighted(epoch=2, agreed=np.full(1000, 2, np.int32)), 9)
    found = stood(early)
    assert (found.state, found.epochs) == ("too early", 2)
    assert "it takes 3 epochs, and 2 counted so far" in suspicion_text.told(found)
    resumed = dataclasses.replace(sighted(), since_epoch=19)
    assert stood(resumed).state == "too early"


@pytest.mark.parametrize("margins", [False, True])
def test_a_network_that_is_mostly_wrong_has_nothing_to_say(margins: bool) -> None:
    weak, strong = (contradicted(sighted(), wrong) for wrong in (501, 500))
    if margins:
        weak, strong = (with_margins(weak, -0.9, 501), with_margins(strong, -0.9, 500))
    assert stood(weak).state == "too early"
    assert stood(strong).state != "too early"
    assert "first for 49.9 % of 1,000 images, and it takes 50.0 %" in suspicion_text.told(
        stood(weak)
    )


def test_images_that_were_never_seen_do_not_count() -> None:
    sightings = np.full(1000, 20, np.int32)
    sightings[:400] = 0
    found = stood(contradicted(sighted(sightings=sightings), 9))
    assert (found.images, found.stand_out, found.agreeing) == (600, 0, 1.0)
    nothing = stood(sighted(sightings=np.zeros(1000, np.int32)))
    assert (nothing.state, nothing.images, nothing.agreeing) == ("too early", 0, 0.0)
