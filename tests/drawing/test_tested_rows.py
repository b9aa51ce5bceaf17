"""The result of a test as rows."""

from __future__ import annotations

import pytest

from engine.run.kept_tests import DataTest
from tests.data_tests import data_test
from tui.cli.tested_rows import MOST_CLASSES, WORST_CLASSES, result_rows
from tui.drawing import cells


def drawn(test: DataTest, width: int = 80) -> list[str]:
    return [cells.text(row).rstrip() for row in result_rows(test, width)]


def test_a_whole_result() -> None:
    assert drawn(data_test(unknown=[("fox", 2), ("hen", 1)])) == [
        " 7-resnet18-pets, best.pt of epoch 4",
        " 6 test images of photos",
        "",
        " top-1     66.7 %    4 of 6 images",
        " balanced  72.2 %    the mean recall of the classes",
        " loss      1.07",
        " ECE       23.3 %    too sure: it says 90.0 %, and is right in 66.7 %",
        "                     with 6 images, chance alone makes about 9.8 %",
        " left out  1         that cannot be read",
        " left out  3         of classes that the network does not know",
        "",
        " probability                                           says %  right %   images",
        "  87 –  93 %  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇        │         90.0     66.7        6",
        "              ▇ how often it is right, │ how often it says so",
        "",
        " worst pairs  n (share)",
        " cat → dog     1 (33 %) ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇",
        " dog → cat     1 (50 %) ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇",
        "",
        " class   prec    rec                       F1  images  most taken for",
        " dog     50.0   50.0  ▇▇▇▇▇▇▇▇           50.0       2  cat 50.0 %",
        " cat     66.7   66.7  ▇▇▇▇▇▇▇▇▇▇▇        66.7       3  dog 33.3 %",
        " owl    100.0  100.0  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  100.0       1",
    ]


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_no_row_is_too_wide(width: int) -> None:
    names = ["名" * 20, "dog", "owl"]
    for test in (data_test(), data_test(classes=names, unknown=[("x" * 200, 3)])):
        assert max(map(cells.width, result_rows(test, width))) <= width


def test_of_many_classes_the_worst_are_listed() -> None:
    many = [f"class {index}" for index in range(100)]
    labels = [*range(100)]
    wrong = data_test(labels=labels, predicted=[1, *labels[1:]], classes=many)
    rows = drawn(wrong, 100)
    [first] = [index for index, row in enumerate(rows) if row.startswith(" class  ")]
    assert rows[first + 1].split()[:2] == ["class", "0"]
    assert len(rows) - first - 2 == WORST_CLASSES < MOST_CLASSES
    assert rows[-1] == f" … {100 - WORST_CLASSES} more with a higher recall: --json has all"


def test_classes_without_images_have_no_row() -> None:
    names = ["cat", "dog", "owl", *(f"other {index}" for index in range(50))]
    assert not any("other" in row or "more with" in row for row in drawn(data_test(classes=names)))


def test_a_network_without_a_mistake() -> None:
    rows = drawn(data_test(predicted=[0, 0, 0, 1, 1, 2, -1]))
    assert " it made no mistake" in rows
    assert not any("too sure" in row for row in rows)


def test_what_comes_from_outside_is_escaped() -> None:
    rows = drawn(data_test("photos\x1b[2J", classes=["cat\x07", "dog", "owl"]))
    assert not any("\x1b" in row or "\x07" in row for row in rows)
