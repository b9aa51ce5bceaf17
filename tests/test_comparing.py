"""What a comparison shows: readings, order, folded seeds, zoom, and the memory of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.catalog.user_folders import state_folder
from engine.errors import RunError, UsageError
from engine.protocol import events
from engine.run.run_paths import RunDir
from tests import event_logs, scripted
from tests.compared_runs import compared, written
from tui.screens.compare import compare_text, laid_curves
from tui.screens.compare import comparing as comparing_module
from tui.screens.compare.comparing import Comparing
from tui.screens.compare.laid_curves import LaidCurves
from tui.screens.compare.table_rows import TableRow
from tui.viewer import compare_view, run_summary, source_opening
from tui.viewer.compare_view import CompareView
from tui.viewer.compared import Compared, ComparedRun


def values(rows: Sequence[TableRow]) -> list[float | None]:
    return [round(row.reading.value, 6) if row.reading else None for row in rows]


def letters(comparing: Comparing) -> str:
    return "".join(row.letter for row in comparing.rows)


@pytest.fixture
def runs(tmp_path: Path) -> list[RunDir]:
    """Two seeds of one recipe, and a shorter run of another one."""
    return [
        written(tmp_path, 1, (0.1, 0.2, 0.3, 0.4), seed=0),
        written(tmp_path, 2, (0.2, 0.4, 0.6, 0.6), seed=1),
        written(tmp_path, 3, (0.7, 0.9), lr=0.3),
    ]


@pytest.fixture
def comparing(runs: list[RunDir]) -> Comparing:
    return Comparing(compared(*runs), CompareView())


def test_without_a_cursor_each_run_is_read_at_its_end(comparing: Comparing) -> None:
    assert values(comparing.rows) == [40.0, 60.0, 90.0]
    assert [row.best for row in comparing.rows] == pytest.approx([40.0, 60.0, 90.0])


def test_at_the_cursor_a_run_that_has_not_got_there_has_no_value(comparing: Comparing) -> None:
    comparing.cursor = 2.5
    assert values(comparing.rows) == [20.0, 40.0, 90.0], "it ended there, and its value holds"
    comparing.cursor = 0.5
    assert values(comparing.rows) == [None, None, None]


def test_the_time_at_the_end_is_that_of_the_list_of_runs(tmp_path: Path) -> None:
    """It goes on after the last report, by the evaluation and the last save."""
    said = [*scripted.half_a_run(), events.RunEnded("stopped", step=25)]
    runs = [scripted.run_dir(tmp_path, said, f"{i}-x") for i in (1, 2)]
    found = Comparing(compared(*runs), CompareView())
    summary = run_summary.summarize(runs[0], "gone")
    [first, _] = found.rows
    assert first.reading is not None
    assert first.reading.elapsed == summary.seconds
    found.cursor = 1.0
    assert found.rows[0].reading is not None
    assert 0 < found.rows[0].reading.elapsed < summary.seconds


def test_values_minus_those_of_the_baseline(comparing: Comparing) -> None:
    comparing.select(1)
    comparing.toggle_baseline()
    found = [row.difference for row in comparing.rows]
    assert found[1] is None
    assert [found[0], found[2]] == pytest.approx([-20.0, 30.0])
    comparing.toggle_baseline()
    assert all(row.difference is None for row in comparing.rows)


def test_the_order_of_values_puts_the_best_first(comparing: Comparing) -> None:
    comparing.view.by_value = True
    assert letters(comparing) == "cba"
    comparing.view.quantity = "train_loss"
    assert letters(comparing) == "cba", "of a loss, the lowest"


def test_seeds_of_a_recipe_are_one_row_and_one_curve(comparing: Comparing) -> None:
    comparing.view.folded = True
    first, other = comparing.rows
    assert [run.letter for run in first.runs] == ["a", "b"]
    assert first.reading is not None
    assert first.reading.value == pytest.approx(50.0)
    assert first.deviation == pytest.approx(14.1421, abs=1e-3)
    assert other.deviation is None
    curves = {one.letter: one for one in comparing.overlaid(40)}
    assert curves["a"].columns[-1][1] == pytest.approx(50.0)
    assert [len(curves[letter].band) for letter in "ac"] == [2, 0]


def test_a_hidden_run_has_no_curve_and_keeps_its_row(comparing: Comparing) -> None:
    comparing.toggle_hidden()
    assert [one.letter for one in comparing.overlaid(40)] == ["b", "c"]
    assert [row.hidden for row in comparing.rows] == [True, False, False]
    comparing.toggle_hidden()
    assert len(comparing.overlaid(40)) == 3


def test_the_selected_curve_lies_on_top(comparing: Comparing) -> None:
    comparing.select(1)
    assert [one.letter for one in comparing.overlaid(40)] == ["a", "c", "b"]


def test_zooming_shows_a_part_and_never_more_than_all(comparing: Comparing) -> None:
    assert comparing.window == (0.0, 4.0)
    comparing.zoom(2.0, 3.0)
    assert comparing.window == (1.5, 3.5)
    comparing.pan(1.0)
    assert comparing.window == (2.0, 4.0)
    comparing.pan(-9.0)
    assert comparing.window == (0.0, 2.0)
    comparing.zoom(0.1)
    assert comparing.view.window is None
    comparing.show(1.0, 1.0)
    assert comparing.view.window is None, "nothing is no part"


def test_another_axis_shows_all_of_it(comparing: Comparing) -> None:
    comparing.zoom(2.0)
    comparing.choose_axis("images")
    assert comparing.window == (0.0, 4 * 10 * 64.0)
    comparing.choose_axis()
    assert comparing.axis == "epoch"


def test_the_cursor_moves_by_columns(comparing: Comparing) -> None:
    comparing.move(1, 40)
    assert comparing.cursor == 0.0
    comparing.move(10, 40)
    assert comparing.cursor == pytest.approx(1.0)


def test_a_cursor_that_leaves_the_window_comes_back_at_its_end(comparing: Comparing) -> None:
    comparing.cursor = 1.0
    comparing.move(-11, 40)
    assert comparing.rows == Comparing(comparing.compared, CompareView()).rows
    comparing.move(-1, 40)
    assert comparing.cursor == 4.0


def test_quantities_in_turn(comparing: Comparing) -> None:
    assert comparing.quantity == "top1"
    comparing.choose_quantity(-1)
    assert comparing.quantity == "norm", "a scalar of the epochs"
    assert values(comparing.rows)[0] == 4.0


def test_a_view_is_remembered_for_its_runs_in_any_order(runs: list[RunDir]) -> None:
    comparing = Comparing(compared(*runs), CompareView())
    comparing.view.quantity, comparing.view.level = "loss", 2
    comparing.zoom(2.0)
    comparing.toggle_hidden()
    comparing.remember()
    paths = [run.path for run in runs]
    assert compare_view.view_of(reversed(paths)) == comparing.view
    assert compare_view.view_of(paths[:2]) == CompareView()
    assert not [*paths[0].parent.glob("**/*.json")], "nothing stands in the runs folder"


@pytest.mark.parametrize("content", [b"", b"{}]", b'{"level": 99}', b'{"window": [3, 1]}'])
def test_a_damaged_memory_is_none(runs: list[RunDir], content: bytes) -> None:
    paths = [run.path for run in runs]
    compare_view.remember(paths, CompareView(level=1))
    [file] = (state_folder() / "compare").iterdir()
    file.write_bytes(content)
    assert compare_view.view_of(paths) == CompareView()


def test_a_run_that_vanishes_is_said_once_and_stays(runs: list[RunDir]) -> None:
    found = compared(*runs)
    shutil.rmtree(runs[1].path)
    news = found.read()
    assert len(news.vanished) == 1
    assert "2-lenet5-digits" in news.vanished[0]
    assert not found.read().vanished
    assert values(Comparing(found, CompareView()).rows)[1] == 60.0


def test_a_run_that_grows_goes_on(runs: list[RunDir]) -> None:
    found = compared(*runs)
    before = found.version
    clock = scripted.Clock()
    clock.now += 1000
    scripted.write(runs[2], [scripted.ended_epoch(3, 0.95)], clock)
    assert found.read().changed
    assert found.version > before
    assert values(Comparing(found, CompareView()).rows)[2] == 95.0


def test_runs_and_logs_are_opened_by_their_names(tmp_path: Path, runs: list[RunDir]) -> None:
    told = [event_logs.scalar("val/acc", step, step / 10) for step in range(1, 5)]
    for name in ("one", "two"):
        event_logs.write(tmp_path / "logs" / name, told)
    sources = source_opening.open_all(tmp_path, ["1", "2", "1", str(tmp_path / "logs")])
    assert [source.run is not None for source in sources] == [True, True, False, False]
    found = Compared(sources)
    while found.read().more:
        pass
    comparing = Comparing(found, CompareView())
    comparing.choose_axis("images")
    assert [run.letter for run in comparing.curves.without_axis] == ["c", "d"]


def test_logs_without_epochs_are_drawn_against_steps(tmp_path: Path) -> None:
    told = [event_logs.scalar("train/loss", step, 1.0 / step) for step in range(1, 5)]
    for name in ("one", "two"):
        event_logs.write(tmp_path / name, told)
    found = Compared(source_opening.open_all(tmp_path, [str(tmp_path)]))
    while found.read().more:
        pass
    comparing = Comparing(found, CompareView())
    assert comparing.axis == "step"
    assert len(comparing.overlaid(40)) == 2


def test_one_run_is_nothing_to_compare(tmp_path: Path, runs: list[RunDir]) -> None:
    with pytest.raises(UsageError, match="two runs or logs"):
        source_opening.open_all(tmp_path, ["1"])
    with pytest.raises(RunError):
        source_opening.open_all(tmp_path, ["1", "9"])
    with pytest.raises(UsageError, match="a comparison takes at most 20 runs and logs, not"):
        source_opening.open_all(
            tmp_path / "many", [str(written(tmp_path / "many", n).path) for n in range(1, 22)]
        )


def test_the_selected_run_stays_so_in_another_order(comparing: Comparing) -> None:
    comparing.select(2)
    comparing.view.by_value = True
    assert (comparing.selected_at, comparing.selected_row.letter) == (0, "c")
    comparing.view.by_value, comparing.selected = False, "b"
    comparing.view.folded = True
    assert comparing.selected_row.letters == "ab"


def test_a_run_is_the_same_however_its_folder_was_named(
    runs: list[RunDir], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = Comparing(compared(*(RunDir(Path(run.label)) for run in runs)), CompareView())
    named.toggle_hidden()
    named.toggle_baseline()
    named.remember()
    view = compare_view.view_of(run.path for run in compared(*runs).runs)
    [first, *_] = Comparing(compared(*runs), view).rows
    assert (first.hidden, first.baseline) == (True, True)


def test_curves_are_laid_once_until_something_changes(
    comparing: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid: list[str] = []

    def counted(runs: Sequence[ComparedRun], view: CompareView) -> LaidCurves:
        laid.append(view.quantity)
        return laid_curves.laid(runs, view)

    monkeypatch.setattr(comparing_module, "laid", counted)
    for _ in range(2):
        comparing.scale(comparing.overlaid(40))
        assert comparing.rows is comparing.rows
    comparing.cursor = 1.0
    assert comparing.selected_row.reading is not None
    assert len(laid) == 1
    comparing.choose_quantity(1)
    comparing.overlaid(40)
    assert len(laid) == 2


def test_what_a_thread_reads_stays_as_it_is(runs: list[RunDir]) -> None:
    found = compared(*runs)
    history = found.runs[2].history
    kept = history.at_rest()
    clock = scripted.Clock()
    clock.now += 1000
    scripted.write(runs[2], [scripted.ended_epoch(3, 0.95)], clock)
    found.read()
    assert [len(one.epochs) for one in (history, kept)] == [3, 2]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["a x"], "a x tells no time: choose another axis with x."),
        (["a x", "b y", "c z"], "a x, b y and c z tell no time: choose another axis with x."),
    ],
)
def test_why_a_curve_is_not_there(labels: list[str], said: str) -> None:
    assert compare_text.no_axis(labels, "time") == said
