"""Validation images with their predictions, in a grid."""

from __future__ import annotations

import base64

import msgspec
import pytest

from engine.protocol.events import Example, Picture
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.panes.confusion.mistake_images import ImageGrid, caption_rows, examples_grid, grid

WHITE = Picture(1, 8, 8, base64.b64encode(b"\xff" * 64).decode())
PETS = ("cat", "dog", "鸟")
CAT = Example(7, WHITE, 0, ((1, 0.81), (0, 0.15), (2, 0.04)))


def test_a_picture_stands_above_its_class_and_what_it_is_taken_for() -> None:
    rows = drawn(examples_grid([CAT], PETS, 20, 14))
    assert rows == [
        *["@" * 20] * 10,
        "true cat          #7",
        "✗ dog ▇▇▇▇▇▁  81.0 %",
        "✓ cat ▇▁▁▁▁▁  15.0 %",
        "  鸟  ▁▁▁▁▁▁   4.0 %",
    ]


def test_pictures_stand_side_by_side_and_in_bands() -> None:
    rows = examples_grid([CAT] * 5, PETS, 44, 30)
    assert drawn(rows)[0] == "@" * 20 + "   " + "@" * 20
    assert drawn(rows)[14] == ""
    assert drawn(rows)[15] == drawn(rows)[0]
    assert len(rows) == 29


@pytest.mark.parametrize(
    ("count", "width", "height", "shape"),
    [
        (16, 74, 20, ImageGrid(22, 3, 1)),
        (16, 114, 34, ImageGrid(20, 5, 2)),
        (16, 194, 54, ImageGrid(26, 6, 3)),
        (1, 194, 54, ImageGrid(32, 5, 2)),
        (1, 0, 0, ImageGrid(20, 1, 1)),
    ],
)
def test_the_grid_shows_many_and_then_large_ones(
    count: int, width: int, height: int, shape: ImageGrid
) -> None:
    assert grid(count, width, height) == shape


def test_a_page_begins_where_it_is_told() -> None:
    shown = [Example(i, WHITE, 0, ()) for i in range(5)]
    rows = drawn(examples_grid(shown, PETS, 44, 14, first=4))
    assert rows[10] == "true cat          #4"


def test_what_is_not_a_number_and_what_has_no_name_are_drawn() -> None:
    odd = Example(7, Picture(1, 8, 8, "?"), 9, ((12, None),))
    rows = drawn(examples_grid([odd], PETS, 20, 14))
    assert rows[0] == ""
    assert rows[-2:] == ["true 9            #7", "✗ 12 ▁▁▁▁▁▁▁     nan"]


@pytest.mark.parametrize("width", [0, 1, 7, 40])
@pytest.mark.parametrize("height", [0, 1, 9, 40])
def test_any_size_draws(width: int, height: int) -> None:
    rows = examples_grid([CAT] * 3, PETS, width, height, coloured=True)
    assert len(rows) <= height
    assert {cells.width(row) for row in rows} <= {width}


def test_an_image_of_a_file_tells_its_name_below_or_the_end_of_it() -> None:
    named = msgspec.structs.replace(CAT, name="val/cat/a-long-name/0042.jpg")
    for width, told in ((20, "…-long-name/0042.jpg"), (32, "val/cat/a-long-name/0042.jpg")):
        rows = drawn(examples_grid([named], PETS, width, width // 2 + 5))
        assert rows[-1].strip() == told
    assert grid(6, 44, 30, caption_rows([named])).bands == 1
    assert grid(6, 44, 30, caption_rows([CAT])).bands == 2
