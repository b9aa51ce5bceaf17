"""Orders of classes and pairs, and which part of them is shown."""

from __future__ import annotations

import itertools

from engine.protocol.events import Confusion
from tui.drawing.choices import scrolled_range, visible_range
from tui.drawing.mistakes import counts
from tui.panes.confusion.matrix_view import MatrixView, class_order, moved, similar

# 0 and 3 are taken for each other, and 1 and 2; 3 is sometimes taken for 1.
PAIRS = counts(
    Confusion(
        epoch=1,
        counts=((5, 0, 0, 5), (0, 7, 3, 0), (0, 2, 8, 0), (4, 1, 0, 5)),
    )
)
NAMES = ("ant", "bee", "beetle", "wasp")


def test_classes_that_are_taken_for_each_other_stand_side_by_side() -> None:
    assert similar(PAIRS, 4) == (0, 3, 1, 2)
    assert similar(PAIRS, 6) == (0, 3, 1, 2, 4, 5)
    assert similar(PAIRS, 2) == (0, 1)
    assert similar(PAIRS, 0) == ()


def test_each_class_is_there_once_whatever_is_confused() -> None:
    counted = counts(
        Confusion(epoch=1, sparse=tuple((i, i * 7 % 50, i % 5 + 1) for i in range(50)))
    )
    assert sorted(similar(counted, 50)) == list(range(50))


def test_classes_are_ordered_by_number_by_their_pairs_and_by_recall() -> None:
    assert class_order(PAIRS, NAMES, "classes") == (0, 1, 2, 3)
    assert class_order(PAIRS, NAMES, "worst") == (0, 3, 1, 2)
    assert class_order(PAIRS, NAMES, "recall") == (0, 3, 1, 2)


def test_a_filter_keeps_what_has_it_in_its_name() -> None:
    assert class_order(PAIRS, NAMES, "classes", "BEE") == (1, 2)


def test_the_part_that_is_shown_lies_around_the_selected_one() -> None:
    assert visible_range(10, 0, 4) == range(4)
    assert visible_range(10, 5, 4) == range(3, 7)
    assert visible_range(10, 9, 4) == range(6, 10)
    assert visible_range(3, 0, 9) == range(3)
    assert visible_range(3, 0, -1) == range(0)


def test_a_selection_begins_with_the_worst_and_stays_within_what_is_shown() -> None:
    def after(down: int, right: int, view: MatrixView) -> tuple[int, int] | None:
        return moved(PAIRS, NAMES, view, "matrix", down, right)

    assert after(1, 0, MatrixView()) == (0, 3)
    assert after(1, 0, MatrixView(wanted="bee")) == (1, 2)
    assert after(1, 0, MatrixView(wanted="nothing")) is None
    assert after(1, 0, MatrixView(selected=(0, 3))) == (1, 3)
    assert after(0, 1, MatrixView(selected=(0, 3))) == (0, 3)
    assert after(-10, -10, MatrixView(selected=(2, 2))) == (0, 0)
    assert after(1, 0, MatrixView(selected=(0, 3), turn=1)) == (3, 3), (
        "the next row as it is ordered"
    )


def test_a_selection_moves_over_pairs_and_over_classes() -> None:
    pairs = [None, (0, 3), (3, 0), (1, 2), (2, 1), (3, 1), (3, 1)]
    for before, after in itertools.pairwise(pairs):
        assert moved(PAIRS, NAMES, MatrixView(selected=before), "pairs", 1, 0) == after
    assert moved(PAIRS, NAMES, MatrixView(selected=(3, 0)), "report", 1, 0) == (1, 1)
    assert moved(PAIRS, (), MatrixView(), "report", 1, 0) is None


def test_a_list_scrolls_only_as_far_as_it_must() -> None:
    assert scrolled_range(100, 0, 4, 0) == range(4)
    assert scrolled_range(100, 3, 4, 0) == range(4)
    assert scrolled_range(100, 4, 4, 0) == range(1, 5)
    assert scrolled_range(100, 50, 4, 1) == range(47, 51)
    assert scrolled_range(100, 40, 4, 47) == range(40, 44)
    assert scrolled_range(100, 99, 4, 40) == range(96, 100)
    assert scrolled_range(5, 4, 10, 3) == range(5), "there is room for all"
    assert scrolled_range(5, 4, 0, 3) == range(5, 5)
    assert scrolled_range(0, 0, 4, 0) == range(0)
