from __future__ import annotations

import pytest

from engine.protocol.events import Cell, Confusion
from tests.drawing import examples
from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.cells import Ink
from tui.drawing.mistakes import counts
from tui.panes.confusion.confused_pairs import short_pairs
from tui.panes.confusion.confusion_drawing import (
    confusion_facts,
    confusion_foot,
    confusion_hint,
    confusion_pane,
    kind_shown,
)
from tui.panes.confusion.matrix_view import MatrixView

SMALL = Confusion(epoch=3, counts=((8, 2, 0), (1, 9, 0), (0, 5, 5)))
PETS = ("cat", "dog", "bird")


def test_per_cent_of_the_row_with_the_heading_above() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 20, 4)) == [
        "      ca do bi  rec",
        " cat  80 20  ·   80",
        " dog  10 90  ·   90",
        " bird  · 50 50   50",
    ]


def test_with_more_room_signs_and_the_worst_pairs() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 60, 4)) == [
        "       cat  dog bird  rec │ worst pairs  n",
        " cat   █80  ▒20    ·   80 │ bird → dog   5 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇",
        " dog   ░10  █90    ·   90 │ cat  → dog   2 ▇▇▇▇▇▇▌",
        " bird    ·  ▓50  █50   50 │ dog  → cat   1 ▇▇▇",
    ]


def test_in_a_large_pane_cells_are_filled_and_the_list_goes_on_below() -> None:
    view = MatrixView(selected=(0, 1))
    assert drawn(confusion_pane(SMALL, PETS, 60, 14, view)) == [
        "           cat      dog     bird  rec │ worst pairs  n",
        "      ████████ ▒▒▒▒▒▒▒▒               │ bird → dog   5",
        " cat  █████ 80[▒▒▒▒▒ 20]       ·   80 │ cat  → dog   2",
        "      ████████ ▒▒▒▒▒▒▒▒               │ dog  → cat   1",
        "                                      │",
        "      ░░░░░░░░ ████████               │",
        " dog  ░░░░░ 10 █████ 90        ·   90 │",
        "      ░░░░░░░░ ████████               │",
        "                                      │",
        "               ▓▓▓▓▓▓▓▓ ████████      │",
        " bird        · ▓▓▓▓▓ 50 █████ 50   50 │",
        "               ▓▓▓▓▓▓▓▓ ████████      │",
        "                                      │",
        "                                      │",
    ]


def test_a_filled_cell_that_rounds_to_nought_is_empty() -> None:
    few = Confusion(1, ((996, 4), (0, 1000)))
    page = "".join(drawn(confusion_pane(few, PETS[:2], 60, 14)))
    assert "████████" in page
    assert not {*"░▒▓"} & {*page}


def test_a_filled_row_has_the_inks_of_its_numbers() -> None:
    numbers, filled = confusion_pane(SMALL, PETS, 60, 7)[3:5]
    assert drawn([numbers, filled]) == [
        " dog  ░ 10 █ 90    ·   90 │ dog  → cat   1 ▇▇▇",
        "      ░░░░ ████           │",
    ]
    assert [span.ink for span in filled[1:3]] == [span.ink for span in numbers[1:3]]
    assert [span.ink for span in filled[1:3]] == ["miss2", "hit"]


def test_headings_and_pairs_have_whole_names_where_there_is_room() -> None:
    history = examples.half_done()
    heading, first, *_ = drawn(confusion_pane(history.confusion, history.classes, 198, 20))
    assert heading.split()[:10] == list(history.classes)
    assert first.endswith(f"│ deer       → dog         72 {'▇' * 24}")
    heading, *_ = drawn(confusion_pane(history.confusion, history.classes, 118, 20))
    assert heading.split()[:3] == ["airpla", "automo", "bird"]


def test_long_names_leave_room_for_headings() -> None:
    history = examples.half_done()
    names = tuple(f"{name} and more of that kind" for name in history.classes)
    heading, first, *_ = drawn(confusion_pane(history.confusion, names, 78, 12))
    assert heading.split()[:3] == ["airp", "auto", "bird"]
    assert first.startswith(" airplane and more of…  █92")


def test_a_matrix_that_takes_all_rows_has_its_heading_in_the_border() -> None:
    rows = confusion_pane(SMALL, PETS, 28, 3)
    foot = confusion_foot(SMALL, PETS, 28, 3)
    assert drawn([*rows, foot]) == [
        " cat   █80  ▒20    ·   80",
        " dog   ░10  █90    ·   90",
        " bird    ·  ▓50  █50   50",
        "────   cat  dog bird  rec ──",
    ]
    assert cells.width(foot) == 28


def test_counts() -> None:
    assert drawn(confusion_pane(SMALL, PETS, 28, 4, MatrixView(in_counts=True))) == [
        "       cat  dog bird  rec",
        " cat   █ 8  ▒ 2    ·   80",
        " dog   ░ 1  █ 9    ·   90",
        " bird    ·  ▓ 5  █ 5   50",
    ]


def test_the_inks_grow_with_the_mistakes() -> None:
    rows = confusion_pane(SMALL, PETS, 28, 4)
    inks: dict[str, Ink] = {span.text.strip(): span.ink for row in rows for span in row}
    assert [inks[text] for text in ("█80", "░10", "▒20", "▓50", "·")] == [
        "hit",
        "miss2",
        "miss3",
        "miss4",
        "dim",
    ]


def test_wide_class_names_keep_the_columns_straight() -> None:
    history = examples.chinese()
    rows = drawn(confusion_pane(history.confusion, history.classes, 42, 11))
    assert rows[:4] == [
        "      飞 汽 鸟 猫 鹿 狗 青 马 船 卡  rec",
        " 飞机 92  4  ·  1  ·  1  ·  ·  3  ·   92",
        " 汽车  4 92  1  ·  1  ·  ·  ·  ·  3   92",
        " 鸟    1  · 95  2  ·  1  ·  ·  ·  ·   95",
    ]


def test_too_few_rows_for_the_matrix_list_the_worst_pairs() -> None:
    history = examples.half_done()
    assert drawn(confusion_pane(history.confusion, history.classes, 50, 5)) == [
        " true      predicted of 1,000",
        " ────────────────────────────────────────────────",
        " deer      dog             72 ▇▇▇▇▇▇▇▇▇▇▇▇",
        " ship      truck           71 ▇▇▇▇▇▇▇▇▇▇▇▇",
        " truck     ship            66 ▇▇▇▇▇▇▇▇▇▇▇",
    ]
    assert drawn(confusion_pane(history.confusion, history.classes, 50, 1)) == [
        " deer      dog             72 ▇▇▇▇▇▇▇▇▇▇▇▇"
    ]


def test_many_classes_show_their_shape_and_the_extremes_of_recall() -> None:
    history = examples.hundred_classes()
    rows = confusion_pane(history.confusion, history.classes, 80, 14)
    assert drawn(rows)[:4] == [
        " true      predicted of 100                              │ 100 × 100",
        " ──────────────────────────────────────────────────────  │ ⠻⢄",
        " class_29  class_28       7 ▇▇▇▇▇▇▇▇▇▇▇▇                 │   ⠻⢦⡀",
        " class_54  class_55       7 ▇▇▇▇▇▇▇▇▇▇▇▇                 │     ⠱⣆",
    ]
    assert drawn(rows)[-2:] == [
        " hardest  class_94 87 %   class_29 88 %   class_31 88 %   class_08 89 %",
        " easiest  class_34 100 %   class_10 100 %   class_86 99 %   class_85 99 %",
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
        " only      150       2 ▇▇▇▇▇▇▇▇▇▇▇▇"
    ]


@pytest.mark.parametrize(
    ("width", "pairs"),
    [
        (40, "bird→dog 5  cat→dog 2  dog→cat 1"),
        (31, "bird→dog 5  cat→dog 2"),
        (10, "bird→dog 5"),
        (9, ""),
    ],
)
def test_worst_pairs_in_one_row(width: int, pairs: str) -> None:
    assert cells.text(short_pairs(counts(SMALL).mistakes, PETS, width)) == pairs


@pytest.mark.parametrize(
    ("room", "facts"), [(23, "row = true, %   epoch 3"), (22, "epoch 3"), (6, "")]
)
def test_facts_become_shorter(room: int, facts: str) -> None:
    assert cells.text(confusion_facts(SMALL, PETS, room, "epoch 3")) == facts


def test_the_foot_names_the_worst_pairs_unless_they_stand_inside() -> None:
    assert cells.text(confusion_foot(SMALL, PETS, 26, 6)) == "bird→dog 5"
    assert confusion_foot(SMALL, PETS, 60, 6) == ()
    assert cells.text(confusion_foot(SMALL, PETS, 60, 2)) == "30 images"


def test_before_the_first_validation_and_without_a_mistake() -> None:
    assert drawn(confusion_pane(None, PETS, 40, 1)) == [" the first validation fills this pane"]
    perfect = Confusion(epoch=1, sparse=((0, 0, 5),))
    assert drawn(confusion_pane(perfect, (), 40, 1)) == [" not one mistake"]
    assert confusion_foot(None, PETS, 40, 1) == confusion_facts(None, PETS, 40, "") == ()


def test_mistakes_and_recalls_are_ranked() -> None:
    counted = counts(SMALL)
    assert [(m.true, m.predicted, m.images, m.of) for m in counted.mistakes] == [
        (2, 1, 5, 10),
        (0, 1, 2, 10),
        (1, 0, 1, 10),
    ]
    assert counted.recalls == ((0.5, 2), (0.8, 0), (0.9, 1))


def test_brackets_stand_around_the_selected_cell_and_the_foot_names_it() -> None:
    view = MatrixView(selected=(2, 1))
    rows = confusion_pane(SMALL, PETS, 28, 4, view)
    assert drawn([*rows, confusion_foot(SMALL, PETS, 28, 4, view)]) == [
        "       cat  dog bird  rec",
        " cat   █80  ▒20    ·   80",
        " dog   ░10  █90    ·   90",
        " bird    · [▓50] █50   50",
        "bird → dog   5 of 10",
    ]


def test_a_selected_hit_is_named_as_such() -> None:
    view = MatrixView(selected=(0, 0))
    assert drawn(confusion_pane(SMALL, PETS, 20, 4, view))[1] == " cat [80]20  ·   80"
    foot = confusion_foot(SMALL, PETS, 50, 6, view)
    assert cells.text(foot) == "cat recognised   8 of 10   80.0 %"


def test_the_matrix_can_be_ordered_by_its_worst_pairs_or_by_recall() -> None:
    def firsts(turn: int) -> list[str]:
        return [
            row[:5] for row in drawn(confusion_pane(SMALL, PETS, 28, 4, MatrixView(turn=turn)))[1:]
        ]

    assert firsts(0) == [" cat ", " dog ", " bird"]
    assert firsts(1) == [" bird", " dog ", " cat "]
    assert firsts(2) == [" bird", " cat ", " dog "]
    assert firsts(3) == firsts(0)


def test_a_part_of_a_large_matrix_is_shown_around_the_selected_cell() -> None:
    history = examples.hundred_classes()
    view = MatrixView(kind="matrix", selected=(29, 28))
    rows = confusion_pane(history.confusion, history.classes, 46, 6, view)
    assert drawn(rows) == [
        "          cl cl cl cl cl cl cl cl cl cl  rec",
        " class_27  ·  ·  1  1 98  ·  ·  ·  ·  ·   98",
        " class_28  ·  ·  ·  1  · 95  3  ·  1  ·   95",
        " class_29  ·  ·  ·  ·  4 [7]88  ·  ·  1   88",
        " class_30  ·  ·  ·  ·  ·  ·  · 98  2  ·   98",
        " class_31  ·  ·  ·  ·  ·  ·  3  6 88  ·   88",
    ]
    foot = confusion_foot(history.confusion, history.classes, 46, 6, MatrixView(kind="matrix"))
    assert cells.text(foot) == "5 × 10 of 100 × 100"


def test_pairs_are_marked_scrolled_and_filtered() -> None:
    history = examples.hundred_classes()
    view = MatrixView(kind="pairs", selected=(94, 95))
    assert drawn(confusion_pane(history.confusion, history.classes, 46, 5, view))[2:] == [
        " class_93  class_92       7 ▇▇▇▇▇▇▇▇▇▇▇▇",
        "▸class_94  class_95       7 ▇▇▇▇▇▇▇▇▇▇▇▇",
        " class_04  class_05       6 ▇▇▇▇▇▇▇▇▇▇▌",
    ]
    view = MatrixView(kind="pairs", wanted="_11")
    assert drawn(confusion_pane(history.confusion, history.classes, 46, 4, view))[2:] == [
        " class_11  class_10       2 ▇▇▇▌",
        " class_08  class_11       1 ▇▌",
    ]
    view = MatrixView(kind="pairs", wanted="nothing")
    assert drawn(confusion_pane(history.confusion, history.classes, 46, 1, view)) == [
        " no pair fits the filter"
    ]


def test_the_pairs_can_be_ordered_by_recall_and_by_class() -> None:
    def pairs(turn: int) -> list[str]:
        return drawn(confusion_pane(SMALL, PETS, 40, 3, MatrixView(kind="pairs", turn=turn)))

    assert [row[1:14].split() for row in pairs(1)] == [
        ["bird", "dog"],
        ["cat", "dog"],
        ["dog", "cat"],
    ]
    assert [row[1:14].split() for row in pairs(2)] == [
        ["cat", "dog"],
        ["dog", "cat"],
        ["bird", "dog"],
    ]


def test_a_filter_that_nothing_fits_says_so() -> None:
    view = MatrixView(kind="matrix", wanted="horse")
    assert drawn(confusion_pane(SMALL, PETS, 30, 1, view)) == [" no class fits the filter"]
    view = MatrixView(kind="report", wanted="horse")
    assert drawn(confusion_pane(SMALL, PETS, 30, 1, view)) == [" no class fits the filter"]


def test_what_is_shown_unasked_depends_on_the_room() -> None:
    assert kind_shown(SMALL, PETS, 40, 4, MatrixView()) == "matrix"
    assert kind_shown(SMALL, PETS, 40, 2, MatrixView()) == "pairs"
    assert kind_shown(SMALL, PETS, 40, 2, MatrixView(kind="matrix")) == "matrix"
    assert kind_shown(None, PETS, 40, 2, MatrixView()) == "matrix"


def test_enter_is_offered_where_images_are_kept() -> None:
    kept = Confusion(epoch=3, counts=SMALL.counts, worst=(Cell(2, 1, (4, 9)),))
    assert cells.text(confusion_hint(kept, MatrixView(selected=(2, 1)), "pairs")) == "⏎ images"
    assert cells.text(confusion_hint(kept, MatrixView(selected=(2, 2)), "report")) == "⏎ images"
    assert confusion_hint(kept, MatrixView(selected=(2, 2)), "matrix") == ()
    assert confusion_hint(kept, MatrixView(selected=(0, 1)), "matrix") == ()
    assert confusion_hint(kept, MatrixView(selected=(2, 1), waiting=True), "pairs") == ()
    assert confusion_hint(None, MatrixView(), "matrix") == ()


def test_while_a_question_is_open_the_foot_says_so() -> None:
    foot = confusion_foot(SMALL, PETS, 40, 4, MatrixView(selected=(2, 1), waiting=True))
    assert cells.text(foot) == "waiting for these images …"


def test_the_epoch_is_left_out_where_it_is_said_elsewhere() -> None:
    assert cells.text(confusion_facts(SMALL, PETS, 40, "")) == "row = true, %"
    assert confusion_facts(SMALL, PETS, 9, "") == ()


def test_facts_name_filter_order_and_accuracy() -> None:
    facts = confusion_facts(SMALL, PETS, 60, "epoch 3", MatrixView(turn=1, wanted="ca"), "pairs")
    assert cells.text(facts) == "/ca   by recall   epoch 3   top-1 73.3"
