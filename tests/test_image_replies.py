"""Replies on images are shown of what was asked, whatever the list holds them for later."""

from __future__ import annotations

import pytest

from tests import suspected_runs
from tui.panes.suspects.image_replies import ImageReplies
from tui.panes.suspects.listed_suspects import ListedImage

IMAGE = ListedImage("1", "training", 17, "train/0017.png", 0, 1, "90 %", digest="ab")


@pytest.mark.parametrize(
    "later",
    [
        IMAGE._replace(held=3),
        IMAGE._replace(given=2),
        IMAGE._replace(held=None, note="same pixels"),
        IMAGE._replace(digest="cd"),
    ],
)
def test_neighbours_are_those_of_the_classes_and_the_data_that_were_asked_for(
    later: ListedImage,
) -> None:
    replies = ImageReplies()
    asked = replies.request_neighbours(IMAGE)
    replies.receive(suspected_runs.neighbours(17))
    assert replies.neighbours(IMAGE) is not None
    assert replies.neighbours(later) is None
    again = replies.request_neighbours(later)
    assert again is not None
    assert (again == asked) == (later.digest != IMAGE.digest)


def test_another_rank_asks_for_nothing_again() -> None:
    replies = ImageReplies()
    replies.request_neighbours(IMAGE)
    replies.receive(suspected_runs.neighbours(17))
    later = IMAGE._replace(rank="5", sure="80 %")
    assert replies.request_neighbours(later) is None
    assert replies.request_picture(later) is None
    assert replies.neighbours(later) is not None


def test_a_late_reply_is_no_picture_of_other_data() -> None:
    replies = ImageReplies()
    replies.request_picture(IMAGE)
    replies.receive(suspected_runs.examples(17))
    assert replies.picture(IMAGE) is not None
    assert replies.picture(IMAGE._replace(digest="cd")) is None
    assert replies.request_picture(IMAGE._replace(digest="cd")) is not None
