from __future__ import annotations

import pytest

from engine.protocol.events import Confusion
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.cells import Ink
from tui.drawing.mistakes import counts
from tui.panes.confusion.confusion_border import confusion_facts, confusion_foot, confusion_hint
from tui.panes.confusion.confusion_drawing import confusion_pane, kind_shown
from tui.panes.confusion.matrix_view import MatrixView

SMALL = Confusion(epoch=3, counts=((8, 2, 0), (1, 9, 0), (0, 5, 5)))
PETS = ("cat", "dog", "bird")


def test_per_cent_of_the_row_with_the_heading_above() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 20, 4)) == [
        " true ca do bi  rec",
        " cat  80 20  ·   80",
        " dog  10 90  ·   90",
        " bird  · 50 50   50",
    ]


def test_with_more_room_signs_and_the_worst_pairs() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 60, 4)) == [
        " true cat  dog  bird  rec │ worst pairs  n (share)",
        " cat   █80  ▓20    ·   80 │ bird → dog    5 (50 %) ▇▇▇▇▇▇▇▇",
        " dog   ▓10  █90    ·   90 │ cat  → dog    2 (20 %) ▇▇▇",
        " bird    ·  █50  █50   50 │ dog  → cat    1 (10 %) ▇▇",
    ]


def test_in_a_large_pane_the_shade_fills_a_cell_around_its_number() -> None:
    view = MatrixView(selected=(0, 1))
    assert drawn(confusion_pane(SMALL, PETS, 60, 14, view)) == [
        " true   cat     dog    bird    rec │ worst pairs  n (share)",
        "      ███████ ▓▓▓▓▓▓▓              │ bird → dog    5 (50 %)",
        " cat  █ 80 ██ ▓[20]▓▓    ·      80 │ cat  → dog    2 (20 %)",
        "      ███████ ▓▓▓▓▓▓▓              │ dog  → cat    1 (10 %)",
        "                                   │",
        "      ▓▓▓▓▓▓▓ ███████              │",
        " dog  ▓ 10 ▓▓ █ 90 ██    ·      90 │",
        "      ▓▓▓▓▓▓▓ ███████              │",
        "                                   │",
        "              ███████ ███████      │",
        " bird    ·    █ 50 ██ █ 50 ██   50 │",
        "              ███████ ███████      │",
        "                                   │",
        "                                   │",
    ]


def test_no_mistake_rounds_away() -> None:
    few = Confusion(1, ((996, 4), (0, 1000)))
    assert drawn(confusion_pane(few, PETS[:2], 60, 14))[:7] == [
        "       cat      dog     rec │ worst pairs  n (share)",
        "     ████████ ░░░░░░░░      │ cat → dog     4 (<1 %)",
        " cat ██ 99 ██ ░░ <1 ░░   99 │",
        "     ████████ ░░░░░░░░      │",
        "                            │",
        "              ████████      │",
        " dog     ·    █ 100 ██  100 │",
    ]


def test_with_colours_the_whole_cell_has_the_ink_of_its_shade() -> None:
    rows = confusion_pane(SMALL, PETS, 60, 7, MatrixView(coloured=True))
    assert drawn(rows[3:5]) == [
        " dog    10   90    ·    90 │ dog  → cat    1 (10 %)",
        "                           │",
    ]
    for row in rows[3:5]:
        assert [span.ink for span in row[1:4]] == ["miss3", "hit4", "dim"]
        assert {cells.width([span]) for span in row[1:4]} == {5}


@pytest.mark.parametrize("size", [(18, 4), (21, 4), (40, 7), (60, 14), (118, 34)])
@pytest.mark.parametrize("names", [("0", "1", "2"), PETS, ("a" * 30, "b", "c")])
def test_a_blank_stands_between_a_name_and_its_coloured_cells(
    size: tuple[int, int], names: tuple[str, ...]
) -> None:
    for row in confusion_pane(SMALL, names, *size, MatrixView("matrix", coloured=True)):
        if row[1].ink.startswith(("hit", "miss")):
            assert row[0].text.endswith(" "), cells.text(row)


def test_headings_and_pairs_have_whole_names_where_there_is_room() -> None:
    history = examples.half_done()
    heading, first, *_ = drawn(confusion_pane(history.confusion, history.classes, 198, 20))
    assert heading.split()[2:12] == list(history.classes)
    assert first.endswith(f"│ deer       → dog          72 (7 %) {'▇' * 24}")
    heading, *_ = drawn(confusion_pane(history.confusion, history.classes, 118, 20))
    assert heading.split()[2:5] == ["airpl", "autom", "bird"]


def test_long_names_leave_room_for_headings() -> None:
    history = examples.half_done()
    names = tuple(f"{name} and more of that kind" for name in history.classes)
    heading, first, *_ = drawn(confusion_pane(history.confusion, names, 78, 12))
    assert heading.split()[:6] == ["true", "→", "predicted", "airp", "auto", "bird"]
    assert first.startswith(" airplane and more of…  █92")


def test_a_matrix_without_room_for_its_heading_is_a_list() -> None:
    assert kind_shown(SMALL, PETS, 28, 4, MatrixView()) == "matrix"
    assert kind_shown(SMALL, PETS, 28, 3, MatrixView()) == "pairs"


def test_counts() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 28, 4, MatrixView(in_counts=True))) == [
        " true cat  dog  bird  rec",
        " cat   █ 8  ▓ 2    ·   80",
        " dog   ▓ 1  █ 9    ·   90",
        " bird    ·  █ 5  █ 5   50",
    ]


def test_the_signs_have_one_ink_and_the_numbers_tell_right_from_wrong() -> None:
    rows = confusion_pane(SMALL, PETS, 28, 4)
    inks: dict[str, Ink] = {span.text.strip(): span.ink for row in rows[1:] for span in row[:-2]}
    expected = {"█": "plain", "▓": "plain", "20": "miss", "90": "hit", "·": "dim"}
    assert {text: inks[text] for text in expected} == expected


def test_the_key_says_from_which_number_a_shade_is_used() -> None:
    def key(width: int, view: MatrixView) -> str:
        return cells.text(confusion_hint(SMALL, PETS, width, 4, view))

    assert key(60, MatrixView()) == "shades from  ░ >0 ▒ 3 ▓ 10 █ 30 %"
    assert key(60, MatrixView(coloured=True)) == "shades from  >0  3  10  30  %"
    assert key(60, MatrixView(in_counts=True)) == "shades from  ▓ 1 █ 3"
    assert key(34, MatrixView(coloured=True)) == "", "the worst pair goes first"
    assert key(46, MatrixView(coloured=True)) == " >0  3  10  30  %"


def test_wide_class_names_keep_the_columns_straight() -> None:
    history = examples.chinese()
    rows = drawn(confusion_pane(history.confusion, history.classes, 42, 11))
    assert rows[:4] == [
        " true 飞 汽 鸟 猫 鹿 狗 青 马 船 卡  rec",
        " 飞机 92  4  ·  1  ·  1  ·  ·  3  ·   92",
        " 汽车  4 92  1  ·  1  ·  ·  ·  ·  3   92",
        " 鸟    1  · 95  2  ·  1  ·  ·  · <1   95",
    ]


def test_too_few_rows_for_the_matrix_list_the_worst_pairs() -> None:
    history = examples.half_done()
    assert drawn(confusion_pane(history.confusion, history.classes, 50, 5)) == [
        " true      predicted of 1,000",
        " ────────────────────────────────────────────────",
        " deer      dog       72 (7 %) ▇▇▇▇▇▇▇▇▇▇▇▇",
        " ship      truck     71 (7 %) ▇▇▇▇▇▇▇▇▇▇▇▇",
        " truck     ship      66 (7 %) ▇▇▇▇▇▇▇▇▇▇▇",
    ]
    assert drawn(confusion_pane(history.confusion, history.classes, 50, 1)) == [
        " deer      dog       72 (7 %) ▇▇▇▇▇▇▇▇▇▇▇▇"
    ]


def test_many_classes_show_their_shape_and_the_extremes_of_recall() -> None:
    history = examples.hundred_classes()
    rows = confusion_pane(history.confusion, history.classes, 80, 14)
    assert drawn(rows)[:4] == [
        " true      predicted  of 100                             │ 100 × 100",
        " ──────────────────────────────────────────────────────  │ ⠻⢄",
        " class_29  class_28  7 (7 %) ▇▇▇▇▇▇▇▇▇▇▇▇                │   ⠻⢦⡀",
        " class_54  class_55  7 (7 %) ▇▇▇▇▇▇▇▇▇▇▇▇                │     ⠱⣆",
    ]
    assert drawn(rows)[-2:] == [
        " hardest  class_94 87.0 %   class_29 88.0 %   class_31 88.0 %   class_08 89.0 %",
        " easiest  class_34 100.0 %   class_10 100.0 %   class_86 99.0 %",
    ]


def test_sparse_counts_say_the_same_as_dense_ones() -> None:
    sparse = Confusion(
        epoch=3, sparse=((0, 0, 8), (0, 1, 2), (1, 0, 1), (1, 1, 9), (2, 1, 5), (2, 2, 5))
    )
    assert counts(sparse).cells == counts(SMALL).cells
    assert counts(sparse).totals == counts(SMALL).totals
    assert confusion_pane(sparse, PETS, 60, 4) == confusion_pane(SMALL, PETS, 60, 4)


def test_a_class_without_a_name_has_its_number() -> None:
    sparse = Confusion(epoch=3, sparse=((0, 150, 2), (150, 150, 10)))
    assert drawn(confusion_pane(sparse, ("only",) * 30, 40, 1)) == [
        " only      150       2 (100 %) ▇▇▇▇▇▇▇▇"
    ]


def test_enter_is_offered_where_there_are_images() -> None:
    def offered(view: MatrixView, confusion: Confusion | None = SMALL) -> str:
        return cells.text(confusion_hint(confusion, PETS, 60, 4, view))

    assert offered(MatrixView(selected=(2, 1), kind="pairs")) == "⏎ images"
    assert offered(MatrixView(selected=(2, 2), kind="report")) == "⏎ images"
    assert offered(MatrixView(selected=(2, 2))) == "⏎ images", "also the right ones"
    assert offered(MatrixView(selected=(0, 2))) == ""
    assert offered(MatrixView(selected=(2, 1), waiting="a taken for b")) == ""
    assert offered(MatrixView(), None) == ""


def test_while_a_question_is_open_the_foot_says_so() -> None:
    foot = confusion_foot(SMALL, PETS, 40, 4, MatrixView(selected=(2, 1), waiting="a taken for b"))
    assert cells.text(foot) == "waiting: a taken for b …"


def test_the_epoch_is_left_out_where_it_is_said_elsewhere() -> None:
    assert cells.text(confusion_facts(SMALL, PETS, 40, "")) == "row = true, column = predicted, %"
    assert cells.text(confusion_facts(SMALL, PETS, 30, "")) == "row = true, %"
    assert confusion_facts(SMALL, PETS, 9, "") == ()


def test_facts_name_filter_order_and_accuracy() -> None:
    facts = confusion_facts(SMALL, PETS, 60, "epoch 3", MatrixView(turn=1, wanted="ca"), "pairs")
    assert cells.text(facts) == "/ca   by recall   epoch 3   top-1 73.3 %"
