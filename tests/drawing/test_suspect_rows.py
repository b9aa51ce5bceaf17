"""The list of suspects and the dialog as literal text, for any names, classes and sizes."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from engine.run.label_decisions import Decision, Relabel
from tests import suspected_runs
from tui.drawing import cells
from tui.drawing.cells import Row
from tui.panes.suspects import neighbour_rows, suspect_rows
from tui.panes.suspects.listed_suspects import ListedImage
from tui.panes.suspects.neighbour_rows import LookedAt
from tui.panes.suspects.suspect_caption import caption
from tui.panes.suspects.suspect_rows import SuspectsView

TOLD = "Some stand out: 2 of 1,000 images."
CLASSES = ("cat", "dog", "cow")


def image(number: int, name: str | None = "", **fields: Any) -> ListedImage:
    title = f"train/{number:03}.png" if name == "" else name
    made = ListedImage(str(number), "training", number, title, 0, 1, "95.9 %", "since epoch 6")
    return made._replace(**fields)


def view(*images: ListedImage, **fields: Any) -> SuspectsView:
    made = SuspectsView(TOLD, images, CLASSES, {})
    return made._replace(**fields)


def drawn(seen: SuspectsView, width: int, height: int) -> list[str]:
    rows = suspect_rows.suspects_pane(seen, width, height)
    return [cells.text(row).rstrip() for row in rows]


def test_a_row_says_what_an_image_is_held_for_and_what_was_decided() -> None:
    decisions: dict[str, Decision] = {"train/002.png": "drop", "train/003.png": Relabel("cow")}
    seen = view(image(1), image(2), image(3), decisions=decisions, at=1)
    assert drawn(seen, 78, 10) == [
        f" {TOLD}",
        "   image          label  held for  how sure  since when     decided",
        " 1 train/001.png  cat    dog         95.9 %  since epoch 6",
        "▸2 train/002.png  cat    dog         95.9 %  since epoch 6  drop",
        " 3 train/003.png  cat    dog         95.9 %  since epoch 6  → cow",
    ]


def test_images_that_stand_twice_say_where_and_beside_which() -> None:
    note = "same pixels as val/1.png (cat)"
    twice = image(7, since="in two splits", held=None, sure="", rank="=", note=note)
    seen = view(twice, image(1))
    assert drawn(seen, 78, 6)[2:4] == [
        "▸= train/007.png  cat                        in two splits",
        " 1 train/001.png  cat    dog         95.9 %  since epoch 6",
    ]
    assert [cells.text(row).rstrip() for row in caption(twice, CLASSES, None, 30)] == [
        "train/007.png",
        "label cat",
        "same pixels as val/1.png (cat)",
        "in two splits",
        "",
    ]


def test_a_lead_is_not_told_as_a_probability() -> None:
    said = caption(image(1, sure="75.0 %", leads=True), CLASSES, None, 40)
    assert cells.text(said[2]).rstrip() == "held for dog, ahead by 75.0 %"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"sure": "43.0 %"}, "held for automob… (43.0 %)"),
        ({"sure": "43.0 %", "leads": True}, "held for …, ahead by 43.0 %"),
    ],
)
def test_in_a_narrow_caption_the_class_gives_way_to_how_sure(
    fields: dict[str, Any], line: str
) -> None:
    said = caption(image(1, **fields), ("cat", "automobile"), None, cell_len(line))
    assert cells.text(said[2]) == line


def test_an_image_without_a_name_is_told_by_its_number() -> None:
    assert drawn(view(image(4, None)), 60, 4)[-1].startswith("▸4 #4     cat ")


def test_a_long_name_loses_its_beginning_and_columns_give_way() -> None:
    long = image(1, "train/" + 30 * "deep/" + "0001.png")
    assert drawn(view(long), 78, 4)[-1] == (
        "▸1 …eep/deep/deep/0001.png  cat    dog         95.9 %  since epoch 6"
    )
    narrow = drawn(view(long), 44, 4)
    assert "since when" not in narrow[1]
    assert "how sure" not in narrow[1]
    assert "decided" in narrow[1]
    assert "0001.png" in narrow[2]


def test_wide_names_keep_the_columns_straight() -> None:
    rows = drawn(view(image(1, "训练/猫/一.png"), image(2)), 78, 6)
    places = [cell_len(row[: row.index("cat")]) for row in rows[2:]]
    assert len(set(places)) == 1


@pytest.mark.parametrize("at", [0, 250, 499])
def test_of_five_hundred_images_those_around_the_chosen_one_are_shown(at: int) -> None:
    images = [image(number) for number in range(1, 501)]
    seen = view(*images, at=at)
    rows = drawn(seen, 78, 12)
    assert len(rows) == 12
    assert any(row.startswith(f"▸{at + 1:>3} ") for row in rows)
    assert len(suspect_rows.places(seen, 78, 12).shown) == 10


def test_long_names_of_a_thousand_classes_are_cut() -> None:
    classes = [f"a class with the very long name {label}" for label in range(1000)]
    seen = view(image(1, given=998, held=999), classes=classes)
    assert "a class with th…  a class with th…" in drawn(seen, 90, 4)[-1]


def test_the_picture_stands_beside_the_list_where_all_columns_have_room() -> None:
    seen = view(*(image(n) for n in range(1, 20)), picture=suspected_runs.picture())
    assert suspect_rows.places(seen, 78, 20).side == 0
    assert suspect_rows.places(seen, 118, 30).side == 44
    assert suspect_rows.places(seen, 118, 12).side == 0, "too low"
    plain = drawn(seen, 118, 30)
    assert not any("▀" in row for row in plain), "without colours, letters stand for shades"
    assert any("▀" in row for row in drawn(seen._replace(coloured=True), 118, 30))


def test_a_low_pane_keeps_its_list() -> None:
    assert drawn(view(image(1), image(2), at=1), 60, 2)[-1].startswith("▸2 ")


# The dialog


def looked(count: int = 8, **fields: Any) -> LookedAt:
    found = suspected_runs.neighbours(1, count)
    made = LookedAt(
        image(1), CLASSES, None, found.image.picture, found, "waiting", "epoch 12", 20, True
    )
    return made._replace(**fields)


def dialog(seen: LookedAt, width: int, height: int) -> list[str]:
    return [cells.text(row) for row in neighbour_rows.rows(seen, width, height)]


def names(seen: LookedAt, width: int, height: int) -> int:
    return sum(row.count(".png") for row in dialog(seen, width, height)[1:]) - 1


@pytest.mark.parametrize(
    ("size", "pictures"), [((80, 24), 3), ((120, 40), 8), ((200, 60), 8), ((60, 20), 2)]
)
def test_as_many_neighbours_as_have_room_are_shown_of_both(
    size: tuple[int, int], pictures: int
) -> None:
    assert names(looked(), *size) == 2 * pictures


def test_few_neighbours_are_larger() -> None:
    assert neighbour_rows.grid(2, 70, 18).side > neighbour_rows.grid(8, 70, 18).side
    said = "\n".join(dialog(looked(0), 80, 24))
    assert said.count("no image of this class to show") == 2


def test_the_dialog_names_both_classes_the_rank_and_the_network() -> None:
    said = "\n".join(dialog(looked(decision=Relabel("cow")), 120, 40))
    for words in (
        "─ train/001.png ─",
        "1 of 20",
        "nearest of label cat",
        "nearest of label dog, which it is held for",
        "held for dog (95.9 %)",
        "→ cow",
        "nearest for the network of epoch 12",
    ):
        assert words in said


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("name", ["", "训练/猫/一.png", "x" * 300])
def test_any_size_is_filled_exactly(found: bool, name: str) -> None:
    seen = view(*(image(n, name) for n in range(1, 30)), at=20, picture=suspected_runs.picture())
    shown = looked(image=image(1, name)) if found else looked(found=None, picture=None)
    for width in range(2, 160, 7):
        for height in range(1, 50, 3):
            rows = neighbour_rows.rows(shown, width, height)
            assert [cells.width(row) for row in rows] == [width] * height
            inside: list[Row] = suspect_rows.suspects_pane(seen, width, height)
            assert all(cells.width(row) <= max(width, 50) for row in inside)
