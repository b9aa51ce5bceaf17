"""The rows of the table of all runs, and the box with details below it."""

from __future__ import annotations

import time

from msgspec.structs import replace

from tests.made_up_runs import DONE, FAILED, LIVE, TAGGED, variant
from tests.scripted import START
from tui.drawing import cells
from tui.drawing.choices import choice_rows
from tui.screens.runs.column_dialogs import next_order
from tui.screens.runs.run_details import details, fitting_rows
from tui.viewer import run_columns, run_selection
from tui.viewer.run_summary import RunSummary
from tui.viewer.shown_runs import LONGEST, RunCells, RunsView, shown_runs

RUNS = [LIVE, TAGGED, FAILED, DONE]
COLUMNS = ("number", "name", "state", "epoch", "top1")


def rows(view: RunsView, chosen: int = 0) -> list[str]:
    found = shown_runs(RUNS, view, RunCells(), START + 60)
    drawn = choice_rows(found.columns, chosen, range(len(found.runs)), 50, heading=True)
    return [cells.text(row).rstrip() for row in drawn]


def test_texts_of_runs_that_are_gone_are_forgotten() -> None:
    texts = RunCells()
    shown_runs(RUNS, RunsView(COLUMNS), texts, START + 60)
    texts.forget_others([LIVE])
    assert {path for known in texts._known.values() for path in known} == {LIVE.path}


def test_details_that_have_no_room_are_left_out_with_a_sign() -> None:
    drawn = [cells.text(row) for row in fitting_rows([cells.row("a"), cells.row("b")], 1)]
    assert drawn == ["a …"]
    assert len(fitting_rows([cells.row("a"), cells.row("b")], 2)) == 2


def test_columns_are_aligned_and_states_begin_with_their_signs() -> None:
    assert rows(RunsView(COLUMNS)) == [
        "  #  run            state       epoch    best",
        "▸ 2  run2           ● training    3/9  20.0 %",
        "  4  run4           ↻ stopped     9/9  95.0 %",
        "  3  run3           ✗ failed      9/9",
        "  1  lenet5-digits    done        9/9  90.0 %",
    ]


def test_live_runs_come_first_in_every_order() -> None:
    def numbers(order: str) -> list[int | None]:
        found = shown_runs(RUNS, RunsView(COLUMNS, order), RunCells(), START + 60)
        return [run.number for run in found.runs]

    assert numbers("") == [2, 4, 3, 1]
    assert numbers("-top1") == [2, 4, 1, 3], "what is unknown comes last"
    assert numbers("top1") == [2, 1, 4, 3]
    assert numbers("number") == [2, 1, 3, 4]


def test_the_heading_tells_the_order() -> None:
    assert "best↓" in rows(RunsView(COLUMNS, "-top1"))[0]
    assert "best↑" in rows(RunsView(COLUMNS, "top1"))[0]


def test_only_runs_that_meet_the_condition_are_shown() -> None:
    view = RunsView(COLUMNS, "", run_selection.parse("top1>50% tag=night"))
    found = shown_runs(RUNS, view, RunCells(), START + 60)
    assert (found.runs, found.total) == ([TAGGED], 4)


def test_cells_are_written_again_only_where_a_run_has_changed() -> None:
    texts = RunCells()
    before = shown_runs(RUNS, RunsView(COLUMNS), texts, START).columns[1].texts
    renamed = replace(LIVE, name="other")
    after = shown_runs([renamed, *RUNS[1:]], RunsView(COLUMNS), texts, START).columns[1].texts
    assert after[0] == "other"
    assert [a is b for a, b in zip(after, before, strict=True)][1:] == [True] * 3


def test_long_and_hostile_texts_are_cut_and_escaped() -> None:
    long = variant(5, note="\x1b[2J" + "x" * 100)
    [text] = shown_runs([long], RunsView(("note",)), RunCells(), START).columns[0].texts
    assert "\x1b" not in text
    assert len(text) == LONGEST
    assert text.endswith("…")


def said(run: RunSummary) -> list[str]:
    return [cells.text(row) for row in details(run, 70)]


def test_the_details_say_what_the_columns_have_no_room_for() -> None:
    assert said(DONE) == [
        "done   epoch 9/9   ▃▅▇   best 90.0 % in epoch 3",
        "recipe quick   lr=0.05",
    ]
    assert said(LIVE)[0] == "● training   epoch 3/9   ▃▅▇   best 20.0 % in epoch 3   30 s left"
    assert said(FAILED) == [
        "✗ failed   epoch 9/9",
        "the loss is no number.",
        "recipe quick   lr=0.05",
    ]
    assert said(TAGGED)[2] == "#night #keep   for the talk"


def test_the_details_of_somebodys_program_are_what_it_told() -> None:
    watched = variant(6, program="train.py", preset="", settings={"lr": 0.1, "depth": 3})
    assert said(watched)[1] == "lr=0.1 depth=3"


def test_the_first_order_by_accuracy_is_the_best_one() -> None:
    assert next_order("", "top1") == "-top1"
    assert next_order("-top1", "top1") == "top1"
    assert next_order("top1", "top1") == "-top1"
    assert next_order("", "loss") == "loss"
    assert next_order("loss", "") == ""


def test_a_time_of_another_year_tells_the_year() -> None:
    moment = time.mktime((2026, 3, 1, 14, 5, 0, 0, 0, -1))
    assert run_columns.clock(moment, moment + 3600) == "01 Mar 14:05"
    assert run_columns.clock(moment, moment + 366 * 86_400) == "01 Mar 2026"
