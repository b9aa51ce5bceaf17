from __future__ import annotations

import pytest

from tests.drawing.examples import drawn
from tui.drawing import cells
from tui.drawing.cells import Span, row
from tui.drawing.frame import fitting, fitting_tabs, frame, room, tabs

TITLE = row(Span("1 Loss", "title"))
FACTS = row("train 0.412")


def test_title_facts_and_feet_stand_in_the_border() -> None:
    inside = [row("first"), row("a long second row that is cut")]
    rows = frame(inside, 30, 5, title=TITLE, facts=FACTS, foot=row("left"), foot_right=row("right"))
    assert drawn(rows) == [
        "╭─ 1 Loss ───── train 0.412 ─╮",
        "│first                       │",
        "│a long second row that is cu│",
        "│                            │",
        "╰─ left ───────────── right ─╯",
    ]


@pytest.mark.parametrize(
    ("width", "top"),
    [
        (27, "╭─ 1 Loss ── train 0.412 ─╮"),
        (26, "╭─ 1 Loss ─ train 0.412 ─╮"),
        (25, "╭─ 1 Loss ──────────────╮"),
        (12, "╭─ 1 Loss ─╮"),
        (9, "╭─ 1 L…─╮"),
        (3, "╭─╮"),
        (1, "╭"),
    ],
)
def test_facts_go_whole_before_the_title_is_cut(width: int, top: str) -> None:
    assert drawn(frame([], width, 2, title=TITLE, facts=FACTS))[0] == top


def test_room_is_what_facts_may_take() -> None:
    assert room(26, TITLE) == cells.width(FACTS)
    assert room(5, TITLE) == 0


def test_a_foot_as_wide_as_the_inside_takes_the_whole_border() -> None:
    foot = row(Span("─ 0 ", "border"), Span("2 ─", "dim"))
    assert drawn(frame([], 9, 2, title=(), foot=foot)) == ["╭───────╮", "╰─ 0 2 ─╯"]


def test_focus_changes_the_ink_of_the_border_alone() -> None:
    plain = frame([row("x")], 12, 3, title=TITLE)
    focused = frame([row("x")], 12, 3, title=TITLE, focused=True)
    assert drawn(plain) == drawn(focused)
    assert {s.ink for r in plain for s in r} == {"border", "title", "plain"}
    assert {s.ink for r in focused for s in r} == {"selected", "title", "plain"}


def test_the_active_tab_stands_in_brackets_and_the_others_stay_where_they_are() -> None:
    names = ["3 lr", "4 layers", "5 maps"]
    tops = [drawn(frame([], 36, 2, title=tabs(names, i)))[0] for i in range(3)]
    assert tops == [
        "╭─[3 lr]  4 layers   5 maps ───────╮",
        "╭─ 3 lr  [4 layers]  5 maps ───────╮",
        "╭─ 3 lr   4 layers  [5 maps]───────╮",
    ]


def test_fitting_takes_the_first_form_that_fits() -> None:
    forms = [row("train 0.412"), row(".412")]
    assert fitting(forms, 11) == forms[0]
    assert fitting(forms, 10) == forms[1]
    assert fitting(forms, 3) == ()


def test_of_too_many_tabs_those_near_the_active_one_are_shown() -> None:
    names = ["3 lr", "4 layers", "5 maps", "6 log"]
    rows = [drawn([fitting_tabs(names, i, 22)])[0] for i in range(4)]
    assert rows == [
        "[3 lr]  4 layers …",
        " 3 lr  [4 layers]…",
        "…  4 layers  [5 maps]…",
        "…  5 maps  [6 log]",
    ]
    assert fitting_tabs(names, 1, 99) == tabs(names, 1)
    assert drawn([fitting_tabs(names, 2, 3)]) == ["… [5 maps]…"]
