"""What a network predicts for images, as cards and as a table."""

from __future__ import annotations

import base64
from collections import Counter

import pytest

from engine.protocol.events import Picture
from tui.drawing import cells, prediction_rows_text
from tui.drawing.cells import Row
from tui.drawing.prediction_cards import SIDES, Card, card_rows
from tui.drawing.prediction_table import PredictedFile, summary_rows, table_rows
from tui.drawing.predictions import prediction_rows

CLASSES = ("cat", "dog", "向日葵")
TOP = ((1, 0.75), (0, 0.2), (2, 0.05))
WHITE = Picture(1, 16, 16, base64.b64encode(b"\xff" * 256).decode())


def texts(rows: list[Row]) -> list[str]:
    return [cells.text(row) for row in rows]


def card(file: str, picture: Picture | None = None) -> Card:
    return Card(file, TOP, picture)


def test_classes_of_an_image_whose_class_nobody_knows_have_no_sign() -> None:
    rows = prediction_rows(TOP, None, CLASSES, 30)
    assert texts(rows) == [
        "  dog    ▇▇▇▇▇▇▇▇▇▇▁▁▁  75.0 %",
        "  cat    ▇▇▇▁▁▁▁▁▁▁▁▁▁  20.0 %",
        "  向日葵 ▇▁▁▁▁▁▁▁▁▁▁▁▁   5.0 %",
    ]
    assert [row[1].ink for row in rows] == ["title", "plain", "plain"]


def test_a_card_without_a_picture_is_a_path_and_its_classes() -> None:
    rows = list(card_rows([card("a/b\x1b.png")], CLASSES, (40, 24), SIDES, False))
    assert texts(rows) == [
        r" a/b\x1b.png",
        "   dog    ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▁▁▁▁▁  75.0 %",
        "   cat    ▇▇▇▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  20.0 %",
        "   向日葵 ▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁   5.0 %",
        "",
    ]


def test_a_picture_stands_beside_the_classes() -> None:
    rows = list(card_rows([card("a/1.png", WHITE)], CLASSES, (60, 12), SIDES, False))
    assert texts(rows) == [
        " @@@@@@@@@@@@@@@@  a/1.png",
        " @@@@@@@@@@@@@@@@",
        " @@@@@@@@@@@@@@@@    dog    ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▁▁▁▁▁▁  75.0 %",
        " @@@@@@@@@@@@@@@@    cat    ▇▇▇▇▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  20.0 %",
        " @@@@@@@@@@@@@@@@    向日葵 ▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁   5.0 %",
        " @@@@@@@@@@@@@@@@",
        " @@@@@@@@@@@@@@@@",
        " @@@@@@@@@@@@@@@@",
        "",
    ]


@pytest.mark.parametrize(
    ("count", "screen", "side", "across"),
    [
        (1, (80, 24), 32, 1),
        (1, (120, 40), 64, 1),
        (2, (80, 24), 16, 1),
        (2, (120, 40), 32, 1),
        (4, (120, 40), 16, 2),
        (9, (120, 40), 16, 2),
        (9, (30, 10), 16, 1),
    ],
)
def test_pictures_are_as_large_as_all_fit(
    count: int, screen: tuple[int, int], side: int, across: int
) -> None:
    cards = [card(f"{index}.png", WHITE) for index in range(count)]
    rows = list(card_rows(cards, CLASSES, screen, SIDES, True))
    assert len(rows) == -(-count // across) * (side // 2 + 1)
    drawn = [span for span in rows[0] if span.colours]
    assert [len(span.text) for span in drawn] == [side] * min(across, count)
    assert max(map(cells.width, rows)) <= max(screen[0], 16 + 4)


FILES = (
    PredictedFile("photos/cat\n1.jpg", 0, 0.512, 1, 0.301),
    PredictedFile("photos/a-long-name-of-a-file.jpg", 2, 1.0, 0, 0.0),
    PredictedFile("nan.jpg", 2, None, 0, None),
    PredictedFile("alone.jpg", 2, 0.25),
)


def test_a_table_has_whole_paths_where_nothing_is_cut() -> None:
    assert texts(list(table_rows(FILES, CLASSES, 80, cut=False))) == [
        " file                              class      probability  runner-up",
        r" photos/cat\x0a1.jpg               cat             51.2 %  dog         30.1 %",
        " photos/a-long-name-of-a-file.jpg  向日葵         100.0 %  cat          0.0 %",
        " nan.jpg                           向日葵           nan %  cat          nan %",
        " alone.jpg                         向日葵          25.0 %",
    ]


def test_a_table_in_a_terminal_shows_the_ends_of_paths() -> None:
    rows = list(table_rows(FILES, CLASSES, 60, cut=True))
    assert texts(rows)[2] == " …of-a-file.jpg  向日葵         100.0 %  cat          0.0 %"
    for width in (20, 60, 100, 150):
        rows = list(table_rows(FILES, CLASSES, width, cut=True))
        assert max(map(cells.width, rows)) <= width
    assert texts(rows)[1] == (
        r" photos/cat\x0a1.jpg               cat        ▇▇▇▇▇▁▁▁▁▁  51.2 %  dog         30.1 %"
    )


def test_the_summary_counts_all_of_few_classes() -> None:
    rows = texts(summary_rows(Counter({0: 1, 2: 4}), CLASSES, 40))
    assert [row.rstrip() for row in rows] == [
        " class   images",
        " cat          1  ▇▇▇▇▇▇",
        " dog          0",
        " 向日葵       4  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇",
    ]


def test_of_many_classes_the_most_frequent_ones_are_counted() -> None:
    names = [f"class_{index:03d}" for index in range(100)]
    rows = texts(summary_rows(Counter({index: index for index in range(1, 60)}), names, 60))
    assert len(rows) == 1 + 30 + 1
    assert rows[1].split()[:2] == ["class_030", "30"]
    assert rows[-1] == " and 29 more classes"


def test_the_words() -> None:
    assert prediction_rows_text.network("3-x\n", 1, 0.912) == (
        r"3-x\x0a after 1 epoch, validation accuracy 91.2 %"
    )
    assert prediction_rows_text.network("3-x", 12, None) == "3-x after 12 epochs"
    assert prediction_rows_text.counted(1, 0) == "1 image"
    assert prediction_rows_text.counted(1200, 2) == "1,200 images; 2 more cannot be read"
    assert prediction_rows_text.unsure(1, 60, 0.6, 0) == "1 of 60 images is below 60 %"
