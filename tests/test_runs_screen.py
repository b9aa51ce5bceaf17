"""The screen of all runs: what it shows, and what its keys do to runs."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from engine.errors import RunError
from engine.protocol import events
from engine.queueing import queue_file
from engine.queueing.task import Task
from engine.recipes.recipe import Recipe
from engine.run import run_lock, run_notes, run_trash
from engine.run.run_lock import Claim
from engine.run.run_notes import RunNotes
from engine.run.run_paths import RunDir
from engine.start import launch
from tests import races, scripted
from tests.dialogs import words
from tests.idle import settle
from tests.made_up_runs import Summaries, variant
from tests.test_dashboard import notes, screen
from tui.app import CnnTui
from tui.screens.compare import compare_screen
from tui.screens.dashboard import Dashboard
from tui.screens.launcher.launcher_screen import Launcher
from tui.screens.runs import remembered_view
from tui.screens.runs.all_runs import AllRuns
from tui.screens.runs.delete_question import DeleteQuestion
from tui.screens.runs.run_list_screen import RunListScreen
from tui.screens.runs.runs_screen import RunsScreen
from tui.screens.runs.trash_screen import TrashScreen
from tui.screens.started_runs import StartedRuns
from tui.viewer import run_selection
from tui.viewer.event_source import EventSource
from tui.viewer.run_index import RunIndex
from tui.viewer.run_summary import RunSummary
from tui.viewer.shown_runs import RunCells, RunsView, shown_runs

TOP1 = {"1-lenet5-digits": 0.9, "2-resnet20-digits": 0.95, "3-lenet5-mnist": 0.7}


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    """Three runs that are done, with other accuracies."""
    folder = tmp_path / "runs"
    for label, top1 in TOP1.items():
        said = [*scripted.half_a_run(epochs=2)[:-6], scripted.ended_epoch(2, top1)]
        scripted.run_dir(folder, [*said, events.RunEnded("done", best_epoch=2)], label)
    return folder


async def opened(pilot: Pilot[Any], runs_dir: Path, index: RunIndex | None = None) -> RunsScreen:
    index = index or RunIndex(runs_dir)
    shown = RunsScreen(runs_dir, StartedRuns(), index, clock=lambda: scripted.START + 60)
    await pilot.app.push_screen(shown)
    await settle(pilot)
    return shown


async def typed(pilot: Pilot[Any], text: str) -> None:
    """Write a line into the dialog, and press Enter."""
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await settle(pilot)


def listed(shown: RunListScreen) -> list[str]:
    """The labels of the listed runs, from above."""
    return [Path(path).name for path in shown.query_one(AllRuns)._keys]


def marked(shown: RunsScreen) -> list[str]:
    return [run.label for run in shown.query_one(AllRuns).marked]


async def test_the_launcher_opens_it_and_escape_comes_back(runs_dir: Path) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settle(pilot)
        shown = pilot.app.screen
        assert isinstance(shown, RunsScreen)
        launcher = pilot.app.screen_stack[-2]
        assert isinstance(launcher, Launcher)
        assert shown._index is launcher._index, "one index of a folder"
        said = screen(pilot)
        assert "3 runs" in said
        assert "newest first" in said
        assert "2  resnet20-digits" in said
        assert "95.0 %" in said
        await pilot.press("escape")
        assert pilot.app.screen is launcher


async def test_the_filter_is_the_grammar_of_conditions_and_says_what_that_takes(
    runs_dir: Path,
) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("slash")
        await typed(pilot, "better than 90")
        assert "top1>90%" in words(pilot)
        await typed(pilot, "top1>80%")
        assert listed(shown) == ["2-resnet20-digits", "1-lenet5-digits"]
        assert "2 of 3 runs" in screen(pilot)
        assert "/ top1>80%" in screen(pilot)
        await pilot.press("slash")
        await typed(pilot, "")
        assert len(listed(shown)) == 3


async def test_a_filter_acts_while_it_is_typed_and_escape_restores_the_one_before(
    runs_dir: Path,
) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("slash", *"top1>94%")
        await settle(pilot)
        assert listed(shown) == ["2-resnet20-digits"]
        await pilot.press("escape")
        await settle(pilot)
        assert len(listed(shown)) == 3


async def test_the_order_and_the_columns_are_remembered(runs_dir: Path) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("o", "down", "down", "down", "down", "down", "down", "down", "down")
        await pilot.press("enter")
        await settle(pilot)
        assert remembered_view.read().order == "-top1"
        assert listed(shown) == ["2-resnet20-digits", "1-lenet5-digits", "3-lenet5-mnist"]
        await pilot.press("O")
        await settle(pilot)
        assert listed(shown) == ["3-lenet5-mnist", "1-lenet5-digits", "2-resnet20-digits"]
        await pilot.press("C", "space", "enter")
        await settle(pilot)
        assert "number" not in remembered_view.read().columns
        assert "best↑" in screen(pilot)
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        assert listed(shown)[0] == "3-lenet5-mnist"
        assert "#" not in screen(pilot).split("architecture")[0].split("Runs")[1]


def test_what_is_remembered_may_be_damaged(tmp_path: Path) -> None:
    for content in ("", "{", '{"columns": ["no such"], "order": "none"}', '{"columns": 3}'):
        remembered_view._file().parent.mkdir(parents=True, exist_ok=True)
        remembered_view._file().write_text(content)
        assert remembered_view.read() == RunsView()


async def test_the_lists_of_columns_are_drawn_in_ascii(runs_dir: Path) -> None:
    async with CnnTui(runs_dir, ascii_only=True).run_test(size=(80, 24)) as pilot:
        await opened(pilot, runs_dir)
        for key, first in (("o", "# newest first"), ("C", "# number")):
            await pilot.press(key)
            await settle(pilot)
            assert first in screen(pilot)
            assert screen(pilot).isascii()
            await pilot.press("escape")


async def test_marked_runs_are_compared(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Compared(Screen[None]):
        def __init__(self, sources: Sequence[EventSource]) -> None:
            super().__init__()
            asked.append([source.label for source in sources])

    monkeypatch.setattr(compare_screen, "CompareScreen", Compared)
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("c")
        assert notes(pilot) == ["mark two runs or more with Space, then press c"]
        await pilot.press("space", "down", "space")
        await pilot.pause()
        assert marked(shown) == ["3-lenet5-mnist", "1-lenet5-digits"]
        assert "3 runs   2 marked" in screen(pilot)
        await pilot.press("c")
        assert asked == [["3-lenet5-mnist", "1-lenet5-digits"]]


async def test_a_run_that_vanishes_is_unmarked_with_a_word(runs_dir: Path) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("space", "space")
        shutil.rmtree(runs_dir / "3-lenet5-mnist")
        shown.read_runs()
        await settle(pilot)
        assert marked(shown) == ["2-resnet20-digits"]
        assert notes(pilot) == ["3-lenet5-mnist is gone, and not marked any more"]
        await pilot.press("u")
        assert marked(shown) == []


async def test_tags_go_to_all_marked_runs_and_a_note_to_the_chosen_one(runs_dir: Path) -> None:
    first, second = RunDir(runs_dir / "3-lenet5-mnist"), RunDir(runs_dir / "2-resnet20-digits")
    run_notes.write(first, RunNotes(("old", "own")))
    run_notes.write(second, RunNotes(("old",)))
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        await opened(pilot, runs_dir)
        await pilot.press("space", "space", "t")
        assert pilot.app.screen.query_one(Input).placeholder == "now: old own"
        await typed(pilot, "night ???")
        assert "???" in words(pilot)
        await typed(pilot, "+night -old")
        assert run_notes.read(first).tags == ("own", "night")
        assert run_notes.read(second).tags == ("night",)
        await pilot.press("home", "n")
        await typed(pilot, "the one for the talk")
        assert run_notes.read(first).note == "the one for the talk"
        assert "#own #night   the one for the talk" in screen(pilot)


async def test_a_renamed_run_stays_chosen_and_marked(runs_dir: Path) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("down", "space", "up", "N")
        await typed(pilot, "better")
        assert listed(shown) == ["3-lenet5-mnist", "2-better", "1-lenet5-digits"]
        assert marked(shown) == ["2-better"]
        assert Path(shown.query_one(AllRuns).chosen).name == "2-better"
        assert notes(pilot) == []


async def test_a_name_that_cannot_be_one_stays_in_its_dialog(runs_dir: Path) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("N")
        await typed(pilot, "a/b")
        assert "a/b" in words(pilot)
        await typed(pilot, "a-b")
        assert listed(shown)[0] == "3-a-b"


async def test_a_run_is_deleted_after_a_question(runs_dir: Path) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("d")
        assert ".trash. Delete?" in words(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert len(listed(shown)) == 3, "the first answer keeps it"
        await pilot.press("space", "d", "d")
        await settle(pilot)
        assert listed(shown) == ["2-resnet20-digits", "1-lenet5-digits"]
        assert notes(pilot) == ["moved to the trash, which T shows: 3-lenet5-mnist"]
        assert marked(shown) == []
        assert [run.label for run in run_trash.trashed(runs_dir)] == ["3-lenet5-mnist"]


async def test_the_trash_is_such_a_list_and_gives_runs_back(runs_dir: Path) -> None:
    for label in TOP1:
        run_trash.delete(RunDir(runs_dir / label))
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("T")
        await settle(pilot)
        trash = pilot.app.screen
        assert isinstance(trash, TrashScreen)
        assert listed(trash) == ["3-lenet5-mnist", "2-resnet20-digits", "1-lenet5-digits"]
        await pilot.press("slash")
        await typed(pilot, "top1>80%")
        await pilot.press("down", "enter")
        await settle(pilot)
        assert listed(trash) == ["2-resnet20-digits"]
        assert notes(pilot) == ["back from the trash: 1-lenet5-digits"]
        await pilot.press("escape")
        await settle(pilot)
        assert listed(shown) == ["1-lenet5-digits"]
        await pilot.press("T")
        await settle(pilot)
        await pilot.press("space", "space", "enter")
        await settle(pilot)
        assert "the trash is empty" in screen(pilot)
        assert run_trash.trashed(runs_dir) == []


async def test_of_several_deletions_those_before_a_refused_one_count(runs_dir: Path) -> None:
    live = run_lock.acquire(RunDir(runs_dir / "2-resnet20-digits"))
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("end", "space", "home", "space", "home", "down", "space")
        order = marked(shown)
        await pilot.press("d", "d")
        await settle(pilot)
        gone = order[: order.index("2-resnet20-digits")]
        assert gone
        assert [run.label for run in run_trash.trashed(runs_dir)] == gone
        assert marked(shown) == order[len(gone) :]
        said = notes(pilot)
        assert not any("is gone" in note for note in said), "the user has deleted it"
        assert any("2-resnet20-digits" in note for note in said)
    os.close(live)


async def test_a_question_shows_a_path_as_it_is(tmp_path: Path) -> None:
    async with CnnTui(tmp_path / "runs").run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(DeleteQuestion(["1-[b]run"], "/data/[red]my[/red] runs/.trash"))
        await pilot.pause()
        assert "/data/[red]my[/red] runs/.trash" in words(pilot)
        box = pilot.app.screen.query_one(".box")
        assert box._border_title is not None
        assert box._border_title.plain == "1-[b]run"


class Unreadable(RunIndex):
    """A folder that cannot be read any more once `runs` are none."""

    runs: Sequence[RunSummary] = ()

    def stream(self) -> Generator[RunSummary, None, None]:
        if not self.runs:
            raise RunError("/runs cannot be read: the disk is gone.")
        yield from self.runs


async def test_a_folder_that_cannot_be_read_is_said_in_the_table(tmp_path: Path) -> None:
    index = Unreadable(tmp_path)
    async with CnnTui(tmp_path).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, tmp_path, index)
        assert "/runs cannot be read: the disk is gone." in screen(pilot)
        assert "reading the runs" not in screen(pilot)
        index.runs = [variant(1)]
        shown.read_runs()
        await settle(pilot)
        assert "run1" in screen(pilot)
        assert "cannot be read" not in screen(pilot)
        index.runs = ()
        shown.read_runs()
        await settle(pilot)
        assert "run1" in screen(pilot)
        assert "/runs cannot be read: the disk is gone." in screen(pilot)


async def test_a_run_of_a_race_opens_it(runs_dir: Path) -> None:
    race = races.new_race(runs_dir, 2)
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        assert listed(shown)[0] == race.runs[-1].run
        assert "w race" in screen(pilot)
        await pilot.press("w")
        await settle(pilot)
        assert f"Race {race.label}" in screen(pilot)
        await pilot.press("escape", "down", "down")
        await settle(pilot)
        assert pilot.app.screen is shown
        assert "w race" not in screen(pilot)
        await pilot.press("w")
        assert notes(pilot) == ["the run belongs to no race"]


async def test_the_view_is_written_and_rows_are_arranged_outside_of_the_app_thread(
    runs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def noted(*arguments: Any) -> None:
        threads.append(threading.current_thread())

    monkeypatch.setattr(remembered_view, "write", noted)
    holding = run_selection.in_order

    def in_order(*arguments: Any) -> list[RunSummary]:
        noted()
        return holding(*arguments)

    monkeypatch.setattr(run_selection, "in_order", in_order)
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        await opened(pilot, runs_dir)
        await pilot.press("o", "down", "enter")
        await settle(pilot)
        assert len(threads) >= 2
        assert threading.main_thread() not in threads


async def test_q_leaves_the_program(runs_dir: Path) -> None:
    app = CnnTui(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, runs_dir)
        await pilot.press("q")
    assert app.return_value == ""


@pytest.mark.parametrize("keys", [["c"], ["c", "p"], ["enter"]])
async def test_from_whatever_is_above_leaving_tells_of_the_runs_started_here(
    runs_dir: Path, keys: Sequence[str]
) -> None:
    live = run_lock.acquire(RunDir(runs_dir / "1-lenet5-digits"))
    app = CnnTui(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        shown._started.add(RunDir(runs_dir / "1-lenet5-digits"))
        await pilot.press("end", "space", "up", "space", *keys)
        assert pilot.app.screen is not shown
        await pilot.press("q")
    os.close(live)
    assert "1-lenet5-digits goes on training; come back with" in str(app.return_value)


async def test_enter_watches_a_run_and_escape_comes_back(runs_dir: Path) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("down", "enter")
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        assert dashboard.source.label == "2-resnet20-digits"
        await pilot.press("escape")
        assert pilot.app.screen_stack[-1] is shown


async def test_a_resumed_run_is_watched(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned: list[Claim] = []

    def spawn(claim: Claim, recipe: Recipe, *options: str) -> None:
        spawned.append(claim)

    monkeypatch.setattr(launch, "spawn", spawn)
    run = scripted.run_dir(
        runs_dir, [*scripted.half_a_run(), events.RunEnded("stopped")], "4-lenet5-digits"
    )
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        await pilot.press("R")
        await settle(pilot)
        [claim] = spawned
        assert claim.run == run
        assert isinstance(pilot.app.screen, Dashboard)
        assert "goes on training; come back with" in shown._started.farewell
    os.close(claim.lock)


async def test_of_ten_thousand_runs_a_key_changes_two_rows(tmp_path: Path) -> None:
    many = Summaries([variant(number) for number in range(10_000, 0, -1)])
    async with CnnTui(tmp_path).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, tmp_path, many)
        table = shown.query_one(AllRuns)
        assert "1–30 of 10,000" in screen(pilot)
        before = [*table._rows]
        await pilot.press("down")
        changed = [y for y, row in enumerate(table._rows) if row != before[y]]
        assert changed == [2, 3], "the row that was chosen, and the one that is now"
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        assert "33–62 of 10,000" in screen(pilot)
        await pilot.press("end")
        await pilot.pause()
        assert "9,971–10,000 of 10,000" in screen(pilot)


async def test_a_change_that_is_made_while_runs_are_read_is_not_undone_by_what_was_read(
    runs_dir: Path,
) -> None:
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        shown = await opened(pilot, runs_dir)
        old = [*shown._runs]
        await pilot.press("space", "home", "N")
        await typed(pilot, "better")
        before = shown_runs(old, shown._view, RunCells(), 0.0)
        shown._take(old, before, shown._change_count - 1)
        assert marked(shown) == ["3-better"]
        shown._changes.under_way += 1
        shown._take(old, before, shown._change_count)
        assert marked(shown) == ["3-better"], "another change may have moved it"


async def test_a_run_that_waits_in_the_queue_is_queued_and_leaves_it_with_its_deletion(
    runs_dir: Path,
) -> None:
    waiting = scripted.run_dir(runs_dir, [], "4-lenet5-digits")
    with queue_file.changed(runs_dir) as queue:
        queue.tasks.append(Task(waiting.label))
    async with CnnTui(runs_dir).run_test(size=(120, 40)) as pilot:
        await opened(pilot, runs_dir)
        assert "○ queued" in screen(pilot)
        await pilot.press("d", "d")
        await settle(pilot)
        assert "queued" not in screen(pilot)
        assert queue_file.read(runs_dir).tasks == []


async def test_an_empty_folder_says_how_a_run_comes_to_be(tmp_path: Path) -> None:
    async with CnnTui(tmp_path / "runs").run_test(size=(120, 40)) as pilot:
        await opened(pilot, tmp_path / "runs")
        assert "no runs here yet: Esc leads to the launcher" in screen(pilot)
        for key in ("enter", "space", "c", "t", "n", "N", "d", "R", "x", "p", "w", "y", "O", "u"):
            await pilot.press(key)
        assert isinstance(pilot.app.screen, RunsScreen)
