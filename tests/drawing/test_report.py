"""Precision, recall and F1 of each class."""

from __future__ import annotations

import pytest

from engine.protocol.events import Confusion
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.mistakes import counts
from tui.panes.confusion.class_report import mean_score, score
from tui.panes.confusion.confusion_border import confusion_foot
from tui.panes.confusion.confusion_drawing import confusion_pane
from tui.panes.confusion.matrix_view import MatrixView

SMALL = Confusion(epoch=3, counts=((8, 2, 0), (1, 9, 0), (0, 5, 5)))
PETS = ("cat", "dog", "bird")
REPORT = MatrixView(kind="report")


def test_scores_are_those_of_the_definitions() -> None:
    assert score(counts(SMALL), 0) == pytest.approx((8 / 9, 0.8, 16 / 19))
    assert score(counts(SMALL), 1) == pytest.approx((9 / 16, 0.9, 18 / 26))


def test_what_is_not_defined_is_none_and_left_out_of_the_mean() -> None:
    counted = counts(Confusion(epoch=1, sparse=((0, 0, 4), (1, 0, 4))))
    assert score(counted, 0) == pytest.approx((0.5, 1.0, 2 / 3))
    assert score(counted, 1) == (None, 0.0, 0.0)
    assert score(counted, 2) == (None, None, None)
    assert mean_score(counted, 3) == pytest.approx((0.5, 0.5, 1 / 3))
    assert mean_score(counted, 0) == (None, None, None)


def test_a_class_a_row_the_hardest_first_with_its_most_frequent_mistake() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 60, 5, REPORT)) == [
        " class   prec   rec    F1  images  most taken for",
        " bird   100.0  50.0  66.7      10  dog 50.0 %",
        " cat     88.9  80.0  84.2      10  dog 20.0 %",
        " dog     56.2  90.0  69.2      10  cat 10.0 %",
        "",
    ]


def test_with_much_room_recall_has_a_bar() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 80, 4, REPORT))[1:] == [
        " bird   100.0  50.0  ▇▇▇▇▇▇▇▇          66.7      10  dog 50.0 %",
        " cat     88.9  80.0  ▇▇▇▇▇▇▇▇▇▇▇▇▇     84.2      10  dog 20.0 %",
        " dog     56.2  90.0  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇    69.2      10  cat 10.0 %",
    ]


def test_a_narrow_report_keeps_the_three_numbers() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 30, 3, REPORT)) == [
        " class   prec   rec    F1",
        " bird   100.0  50.0  66.7",
        " cat     88.9  80.0  84.2",
    ]


def test_the_selected_class_is_marked_and_scrolled_to() -> None:
    view = REPORT._replace(selected=(1, 1))
    assert drawn(confusion_pane(SMALL, PETS, 30, 2, view)) == [
        " cat    88.9  80.0  84.2",
        "▸dog    56.2  90.0  69.2",
    ]
    foot = confusion_foot(SMALL, PETS, 60, 5, view)
    assert cells.text(foot) == "dog recognised   9 of 10   90.0 %"


def test_the_foot_has_the_means() -> None:
    foot = confusion_foot(SMALL, PETS, 60, 5, REPORT)
    assert cells.text(foot) == "mean of the classes   prec 81.7   rec 73.3   F1 73.4"
    assert (
        cells.text(confusion_foot(SMALL, PETS, 40, 5, REPORT)) == "prec 81.7   rec 73.3   F1 73.4"
    )
    assert confusion_foot(SMALL, PETS, 20, 5, REPORT) == ()


def test_wide_names_keep_the_columns_straight() -> None:
    rows = confusion_pane(SMALL, ("飞机", "鸟", "卡车"), 44, 4, REPORT)
    assert drawn(rows) == [
        " class   prec   rec    F1  most taken for",
        " 卡车   100.0  50.0  66.7  鸟 50.0 %",
        " 飞机    88.9  80.0  84.2  鸟 20.0 %",
        " 鸟      56.2  90.0  69.2  飞机 10.0 %",
    ]
