"""Which row of the list of suspects is chosen, as the list changes."""

from __future__ import annotations

from tui.panes.suspects.chosen_rows import ChosenRows
from tui.panes.suspects.listed_suspects import ListedImage


def images(*numbers: int) -> list[ListedImage]:
    return [
        ListedImage(str(rank), "training", number, f"{number}.png", 0, 1, "90.0 %")
        for rank, number in enumerate(numbers, start=1)
    ]


def test_the_first_one_is_chosen_whichever_it_is_until_it_is_held() -> None:
    rows = ChosenRows()
    assert rows.at("training", images(7, 8)) == rows.at("training", images(8, 7)) == 0
    rows.stay_at("training", images(7)[0])
    assert rows.at("training", images(8, 7)) == 1


def test_a_chosen_one_stays_chosen_whatever_is_decided_on_another() -> None:
    rows = ChosenRows()
    rows.choose("training", images(7, 8, 9), 1)
    rows.stay_at("training", images(9)[0])
    assert rows.at("training", images(9, 7, 8)) == 2
    assert rows.at("validation", images(9, 7, 8)) == 0


def test_one_that_left_the_list_gives_its_place_to_another() -> None:
    rows = ChosenRows()
    rows.choose("training", images(7, 8, 9), 99)
    assert rows.at("training", images(1, 2, 3, 4)) == 2
    assert rows.at("training", images(1)) == 0
    assert rows.at("training", images(1, 2, 3, 4, 9)) == 4


def test_of_an_empty_list_none_is_chosen() -> None:
    rows = ChosenRows()
    rows.choose("training", [], 3)
    assert rows.at("training", []) == rows.at("training", images(7)) == 0


def test_the_same_image_in_two_rows_is_told_apart_by_its_note() -> None:
    twice, suspect = images(7)[0]._replace(note="same pixels as 1.png (cat)"), images(7)[0]
    rows = ChosenRows()
    rows.choose("training", [twice, suspect], 1)
    assert rows.at("training", [twice, suspect]) == 1
