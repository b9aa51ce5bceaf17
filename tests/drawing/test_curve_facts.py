from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.protocol import events
from engine.run.history import History
from tests.drawing import examples
from tui.drawing import cells, place_words
from tui.drawing.curve_facts import (
    CursorReading,
    accuracy_facts,
    best_note,
    cursor_facts,
    loss_facts,
    view_facts,
)


@pytest.mark.parametrize(
    ("room", "facts"),
    [
        (47, "now 0.384   train 0.391   o val 0.404 @12"),
        (46, "now 0.384   train 0.391   o val 0.404 @12"),
        (24, "train 0.391  o val 0.404"),
        (21, "train 0.391 val 0.404"),
        (11, ""),
    ],
)
def test_loss_facts_become_shorter(room: int, facts: str) -> None:
    assert cells.text(loss_facts(examples.half_done(), room, 2.31)) == facts


def test_the_numbers_of_short_epochs_keep_their_places_without_the_newest_one() -> None:
    history = examples.half_done()
    history.fold([replace(history.epochs[-1], seconds=0.2)])
    at_the_end = cells.text(loss_facts(history, 47))
    history.fold([events.Steps(13, 0.3, 0.9, 0.1, 100.0, step=history.step + 1)])
    assert cells.text(loss_facts(history, 47)) == at_the_end


@pytest.mark.parametrize(
    ("room", "facts"),
    [
        (80, "now 88.7   train 87.8   o val 88.5 @12   gap -0.7   ◆ best 88.5 @12   top-5 98.5"),
        (52, "train 87.8   o val 88.5   gap -0.7   ◆ best 88.5 @12"),
        (50, "train 87.8  o val 88.5  gap -0.7  ◆ best 88.5 @12"),
        (40, "train 87.8  o val 88.5  ◆ best 88.5 @12"),
        (26, "train 87.8   o val 88.5"),
        (12, "87.8  o 88.5"),
    ],
)
def test_accuracy_facts_become_shorter(room: int, facts: str) -> None:
    assert cells.text(accuracy_facts(examples.half_done(), room)) == facts


def test_after_a_test_its_accuracy_stands_beside_the_best_one() -> None:
    history = examples.half_done()
    history.fold([events.RunEnded("done", 12, 0.885, test_top1=0.8642)])
    facts = cells.text(accuracy_facts(history, 70))
    assert facts.endswith("◆ best 88.5 @12   test 86.4")
    narrow = "train 87.8  o val 88.5  ◆ best 88.5 @12  test 86.4"
    assert cells.text(accuracy_facts(history, 50)) == narrow
    notes = [cells.text(best_note(history, room)) for room in (25, 18, 5)]
    assert notes == ["best 88.5 @12   test 86.4", "best 88.5 @12", ""]


def test_a_first_loss_far_from_a_guess_has_no_hook() -> None:
    facts = cells.text(loss_facts(examples.half_done(), 60, 4.2))
    assert facts == "now 0.384   train 0.391   o val 0.404 @12"


def test_a_loss_that_is_no_number_is_an_error() -> None:
    facts = loss_facts(examples.broken(), 40)
    assert cells.text(facts) == "now nan   train nan   o val nan @6"
    assert [span.ink for span in facts if span.text == "nan"] == ["error"] * 3


def test_before_the_first_steps_there_are_no_facts() -> None:
    for history in (History(), examples.just_started()):
        assert loss_facts(history, 60) == accuracy_facts(history, 60) == ()


@pytest.mark.parametrize(
    ("room", "facts"),
    [
        (70, "▲ epoch 12.4, step 1,215   last steps 0.41235   o val 0.46811 @12"),
        (53, "▲ epoch 12.4   last steps 0.41235   o val 0.46811 @12"),
        (30, "▲ 12.4  0.41235  o 0.46811 @12"),
        (26, "▲ 12.4  0.41235  o 0.46811"),
        (18, "0.41235  o 0.46811"),
        (10, ""),
    ],
)
def test_the_exact_values_at_the_cursor_become_shorter(room: int, facts: str) -> None:
    place = place_words.forms(examples.half_done(), 12.4)
    reading = CursorReading(place, 0.412345, 0.468111, "12")
    assert cells.text(cursor_facts(reading, room)) == facts


def test_at_the_cursor_there_may_be_nothing() -> None:
    place = place_words.forms(examples.half_done(), 0.5)
    facts = cells.text(cursor_facts(CursorReading(place, None, None, ""), 60))
    assert facts == "▲ epoch 0.5, step 49   last steps –   o val –"


def test_how_a_curve_is_drawn_is_said_where_it_is_not_as_it_is() -> None:
    assert view_facts(0.0, False) == ()
    assert cells.text(view_facts(0.6, True)) == "  log  smooth 0.6"
    assert cells.text(view_facts(0.95, False, short=True)) == " ≈0.95"
