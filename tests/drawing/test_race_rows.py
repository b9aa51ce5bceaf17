"""The leader board of a race, and its curves, as literal rows."""

from __future__ import annotations

from msgspec.structs import replace

from engine.racing.leader_board import Board, Row, RowState, Standing
from engine.racing.race import Race
from tui.drawing import cells, race_rows, race_rows_text
from tui.drawing.choices import choice_rows
from tui.drawing.race_rows import RecipeCurve


def row(seed: int, state: RowState, top1: float | None, epoch: int = 9, rung: int = 1) -> Row:
    label = f"{seed + 1}-lenet5-digits"
    left = 2.0 * (9 - epoch) if state in ("training", "waiting") else None
    return Row(label, {"lr": 0.1}, seed, state, epoch, 9, 9, top1, rung, 18.0, left)


def board(*standings: Standing, seeds: int = 2, rungs: int = 1, budget: float = 0.0) -> Board:
    race = Race(label="3-digits", base={}, choices={}, seeds=seeds, budget=budget)
    return Board(race, standings, rungs, False, 100.0, 60.0)


BEST = Standing(
    {"arch": "resnet20", "lr": 0.1}, (row(0, "done", 0.93), row(1, "done", 0.91)), 0.92, 0.0141
)
NEXT = Standing(
    {"arch": "lenet5", "lr": 0.05},
    (row(0, "training", 0.8, 4), row(1, "queued", None, 0)),
    0.8,
    None,
)
LAST = Standing(
    {"arch": "lenet5", "lr": 0.1},
    (row(0, "failed", None, 0), row(1, "dropped", None, 0)),
    None,
    None,
)


def drawn(found: Board, width: int = 78) -> list[str]:
    recipes = [*range(len(found.standings))]
    columns = race_rows.board_columns(found, recipes, width)
    rows = choice_rows(columns, 0, range(len(recipes)), width, heading=True)
    return [cells.text(each).rstrip() for each in rows]


def test_each_recipe_has_a_row() -> None:
    assert drawn(board(BEST, NEXT, LAST)) == [
        "        recipe           top-1   ±  80 – 95 %     epochs  runs  left",
        "▸  1 A  resnet20 lr=0.1   92.0 1.4  ▇▇▇▇▇▇▇▇▇▇       9/9  ✓✓",
        "   2 B  lenet5 lr=0.05    80.0      ▇                2/9  ●○    10 s",
        "   3 C  lenet5 lr=0.1                                0/9  ✗·",
    ]


def test_after_the_end_no_time_is_left() -> None:
    assert drawn(replace(board(BEST), ended=True))[0].split()[-1] == race_rows_text.RUNS


def test_the_recipes_whose_best_run_ends_with_its_best_epoch_are_counted() -> None:
    rising, flat = (
        Standing({"lr": each}, (replace(row(0, "done", 0.9), best_epoch=each),), 0.9, None)
        for each in (9, 8)
    )
    assert board(rising, flat, rising, LAST).still_rising
    assert not board(rising, flat).still_rising
    assert not board(LAST).still_rising


def test_without_seeds_and_results_there_is_less_to_tell() -> None:
    one = Standing({"lr": 0.1}, (row(0, "queued", None, 0),), None, None)
    assert drawn(board(one, seeds=1)) == [
        "        recipe  top-1  epochs  runs      left",
        "▸  1 A  lr=0.1            0/9  ○ queued",
    ]


def test_rungs_are_told_where_there_are_some() -> None:
    at_rung = Standing({"lr": 0.1}, (row(0, "waiting", 0.5, 3, rung=2),), 0.5, None)
    assert drawn(board(at_rung, seeds=1, rungs=3), 100) == [
        "        recipe  top-1  20 – 80 %     epochs  runs       rung  left",
        "▸  1 A  lr=0.1   50.0  ▇▇▇▇▇▇           3/9  ◇ waiting     2  12 s",
    ]


def test_a_narrow_list_keeps_what_matters() -> None:
    for line in drawn(board(BEST, NEXT, LAST), 44):
        assert len(line) <= 44
    assert drawn(board(BEST), 44) == [
        "        recipe           top-1   ±  runs",
        "▸  1 A  resnet20 lr=0.1   92.0 1.4  ✓✓",
    ]


def test_a_long_recipe_keeps_its_end() -> None:
    many: dict[str, object] = {f"field{i}": i for i in range(9)}
    long = Standing(many, (row(0, "done", 0.5),), 0.5, None)
    assert "…" in drawn(board(long, seeds=1))[1]
    assert "field8=8" in drawn(board(long, seeds=1))[1]


def test_the_runs_of_a_recipe_are_told() -> None:
    def told(chosen: int, width: int) -> str:
        return cells.text(race_rows.seeds_row(NEXT, chosen, width))

    assert told(0, 78) == "  ▸seed 0 training 80.0 %   seed 1 queued   1-lenet5-digits"
    assert told(1, 45) == "   seed 0 training 80.0 %  ▸seed 1 queued "
    assert told(1, 30) == "… ▸seed 1 queued "


def test_recipes_beyond_the_alphabet_have_letters() -> None:
    assert [race_rows.letter(at) for at in (0, 25, 26, 51, 52)] == ["A", "Z", "a", "z", "A"]


def curves(width: int, height: int, *lines: RecipeCurve, rungs: tuple[int, ...] = ()) -> list[str]:
    names = {0: "lenet5", 1: "resnet20"}
    rows = race_rows.curves_box(lines, names, 9, rungs, width, height)
    assert all(cells.width(each) == width for each in rows)
    return [cells.text(each) for each in rows]


def test_curves_have_letters_a_legend_and_marks_of_the_rungs() -> None:
    first = RecipeCurve(1, [(1, 0.5), (3, 0.8), (9, 0.9)])
    second = RecipeCurve(0, [(1, 0.3), (3, 0.4)])
    assert curves(60, 8, first, second, rungs=(1, 3)) == [
        "╭─ Top-1 % ───────────────────────── B resnet20  A lenet5 ─╮",
        "│  100┤                                                    │",
        "│     │                ⢀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉B│",
        "│     │          ⣀⡠⠤⠒⠒⠉⠁                                   │",
        "│     │     ⠠⠔⠒⠉⠉                                          │",
        "│     │     ⢀⣀⡠⠤⠤⠤⠔⠒⠒⠒⠊⠉A                                  │",
        "│   20┤                                                    │",
        "╰epoch 0 ───◆──── 2 ────◆──── 4 ──────── 6 ─── ◆ rung ─ 9 ─╯",
    ]


def test_before_the_first_epoch_a_sentence_stands_there() -> None:
    assert race_rows_text.NO_CURVES in "".join(curves(70, 9))
    assert race_rows_text.NO_CURVES_SHORT in "".join(curves(30, 9))


def test_any_size_is_filled() -> None:
    line = RecipeCurve(0, [(1, 0.5), (9, 0.9)])
    for width in range(3, 40, 3):
        for height in range(3, 12):
            assert len(curves(width, height, line, rungs=(1,))) == height


# Words


def test_what_is_left_is_said_in_the_longest_form_that_fits() -> None:
    assert race_rows_text.left(board(BEST, rungs=3)) == [
        "rung 1 of 3, about 1:00 left",
        "about 1:00 left",
        "1:00 left",
    ]
    idle = replace(board(BEST, NEXT, budget=7200.0), idle="the disk is full.")
    assert race_rows_text.used(idle) == (
        "2 of 4 runs have ended   1:40 used of 2:00:00   the disk is full."
    )
    assert race_rows_text.ended(board(BEST)) == (
        "the race 3-digits has ended, best resnet20 lr=0.1 with 92.0 %"
    )
