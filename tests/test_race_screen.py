"""The race screen on a made-up race, driven by keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.protocol import commands
from engine.protocol.commands import Command
from engine.queueing import queue_file, runner_lock
from engine.queueing.task import Task
from engine.racing import race_dropping, race_file
from engine.racing.race import Race
from engine.racing.run_results import run_results
from engine.run import run_lock, spool
from engine.run.run_paths import RunDir
from tests import races
from tests.idle import settle, wait_for_workers
from tests.scripted import Clock
from tests.test_dashboard import notes, screen
from tui.app import CnnTui
from tui.cli.race_app import RaceApp
from tui.screens.dashboard import Dashboard
from tui.screens.race import race_screen_text as words
from tui.screens.race.race_box import RaceBox
from tui.screens.race.race_screen import RaceScreen, StopInRace
from tui.viewer import race_reading

RUNS = Path("runs")


class QuietApp(RaceApp):
    """Keeps what would be told."""

    def __init__(self, label: str) -> None:
        super().__init__(RUNS, label, clock=Clock())
        self.told: list[str] = []

    def call_attention(self, text: str) -> None:
        self.told.append(text)


def half_a_race(seeds: int = 2) -> Race:
    """A race of three rates, of which the first is done and the second has begun."""
    race = races.new_race(RUNS, 3, seeds=seeds)
    first, second, _ = race.recipes
    for run in first:
        races.trained(RUNS, run.run, 0.9, 9)
    races.trained(RUNS, second[0].run, 0.8, 9)
    return race


async def opened(pilot: Pilot[Any]) -> RaceScreen:
    """The screen, after its first reading."""
    await settle(pilot)
    shown = pilot.app.screen
    assert isinstance(shown, RaceScreen)
    assert shown.reading is not None
    return shown


async def read_again(pilot: Pilot[Any], shown: RaceScreen) -> None:
    shown.read_race()
    await wait_for_workers(pilot.app)
    await pilot.pause()


def board(shown: RaceScreen) -> RaceBox:
    return shown.query_one(RaceBox)


async def test_a_race_is_shown_and_grows() -> None:
    race = half_a_race()
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=(80, 24)) as pilot:
        shown = await opened(pilot)
        assert "Race 1-digits" in screen(pilot)
        assert "A  lr=0.01" in screen(pilot)
        assert "3 of 6 runs have ended" in screen(pilot)
        assert "9/9  ✓✓" in screen(pilot)
        third = race.recipes[2]
        for run in third:
            races.trained(RUNS, run.run, 0.95, 9)
        await read_again(pilot, shown)
        assert "1 C  lr=0.03" in screen(pilot)
        assert board(shown).chosen == "0"  # it is another row now, but the same recipe


async def test_the_runs_of_a_recipe_are_chosen_by_the_arrows() -> None:
    race = half_a_race()
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        assert "▸seed 0 done 90.0 %" in screen(pilot)
        await pilot.press("right")
        assert "▸seed 1 done 90.0 %" in screen(pilot)
        await pilot.press("down")
        assert "▸seed 0 done 80.0 %   seed 1 queued" in screen(pilot)
        await pilot.press("enter")
        assert [type(each) for each in pilot.app.screen_stack[-2:]] == [RaceScreen, Dashboard]
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RaceScreen)


async def test_a_small_terminal_has_the_list_alone() -> None:
    race = half_a_race()
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=(60, 12)) as pilot:
        await opened(pilot)
        assert "accuracy" not in screen(pilot)
        assert "lr=0.03" in screen(pilot)


async def test_the_end_is_told_once() -> None:
    race = half_a_race(seeds=1)
    app = QuietApp(race.label)
    async with app.run_test() as pilot:
        shown = await opened(pilot)
        for run in race.recipes[2]:
            races.trained(RUNS, run.run, 0.7, 9)
        await read_again(pilot, shown)
        await read_again(pilot, shown)
    assert app.told == ["the race 1-digits has ended, best lr=0.01 with 90.0 %"]


async def test_a_race_that_was_over_before_is_not_told() -> None:
    race = races.new_race(RUNS, 2)
    for run in race.runs:
        races.trained(RUNS, run.run, 0.7, 9)
    app = QuietApp(race.label)
    async with app.run_test() as pilot:
        await read_again(pilot, await opened(pilot))
    assert app.told == []


@pytest.mark.parametrize(("size", "has_room"), [((80, 24), True), ((70, 12), False)])
async def test_after_the_end_it_says_what_the_board_says_and_offers_no_pause_and_no_stop(
    size: tuple[int, int], has_room: bool, no_runner: list[Path]
) -> None:
    race = half_a_race()
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=size) as pilot:
        shown = await opened(pilot)
        assert "p go on  s stop" in screen(pilot), "no runner works"
        assert "Best" not in screen(pilot)
        for run in race.runs[3:]:
            races.trained(RUNS, run.run, 0.7, 9)
        await read_again(pilot, shown)
        assert ("Best: lr=0.01 with 90.0 % ± 0.0 %." in screen(pilot)) == has_room
        assert ("To compare it with the next one" in screen(pilot)) == has_room
        assert "p go on" not in screen(pilot)
        assert "s stop" not in screen(pilot)
        await pilot.press("p", "s")
        await wait_for_workers(pilot.app)
        assert pilot.app.screen is shown
        assert not no_runner, "nothing is started either"


async def test_a_race_that_vanishes_is_said() -> None:
    race = half_a_race()
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test() as pilot:
        shown = await opened(pilot)
        (race_file.races_folder(RUNS) / race.label / race_file.FILE).unlink()
        await read_again(pilot, shown)
        assert "cannot be read" in screen(pilot)
        assert "lr=0.01" in screen(pilot)
        race_file.write(RUNS, race)
        await read_again(pilot, shown)
        assert "cannot be read" not in screen(pilot)


async def test_a_race_that_is_not_there_is_said_in_the_table() -> None:
    RUNS.mkdir()
    async with RaceApp(RUNS, "1-digits", clock=Clock()).run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert "Race 1-digits" in screen(pilot)
        assert "cannot be read" in screen(pilot)


async def test_escape_goes_back_where_another_screen_is_below() -> None:
    race = half_a_race()
    async with CnnTui(RUNS).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("w")
        await settle(pilot)
        assert isinstance(pilot.app.screen, RaceScreen)
        assert "esc back" in screen(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert type(pilot.app.screen).__name__ == "Launcher"
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        assert "esc back" not in screen(pilot)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RaceScreen)


# Keys that change something


async def test_p_pauses_the_queue_and_lets_it_go_on(no_runner: list[Path]) -> None:
    race = half_a_race()
    with queue_file.changed(RUNS) as queue:
        queue.tasks = [Task(race.runs[-1].run, race=race.label)]
    runner = runner_lock.acquire(RUNS)
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=(120, 30)) as pilot:
        shown = await opened(pilot)
        await pilot.press("p")
        await wait_for_workers(pilot.app)
        assert notes(pilot) == ["the queue is paused"]
        assert queue_file.read(RUNS).paused
        await read_again(pilot, shown)
        assert "the queue is paused by hand" in screen(pilot)
        await pilot.press("p")
        await wait_for_workers(pilot.app)
        assert not queue_file.read(RUNS).paused
    os.close(runner)
    assert no_runner == [RUNS]


async def test_p_starts_the_runner_where_none_works(no_runner: list[Path]) -> None:
    race = half_a_race()
    with queue_file.changed(RUNS) as queue:
        queue.tasks = [Task(race.runs[-1].run, race=race.label)]
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=(140, 30)) as pilot:
        await opened(pilot)
        assert "nothing works through the queue" in screen(pilot)
        await pilot.press("p")
        await wait_for_workers(pilot.app)
    assert no_runner == [RUNS]


@pytest.mark.usefixtures("no_runner")
async def test_a_run_is_dropped_after_a_question() -> None:
    race = half_a_race()
    with queue_file.changed(RUNS) as queue:
        queue.tasks = [Task(run.run, race=race.label) for run in race.recipes[2]]
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=(120, 30)) as pilot:
        shown = await opened(pilot)
        await pilot.press("end", "s")
        assert isinstance(pilot.app.screen, StopInRace)
        await pilot.press("escape")
        assert len(queue_file.read(RUNS).tasks) == 2
        await pilot.press("s", "s")
        await wait_for_workers(pilot.app)
        first, second = (run.run for run in race.recipes[2])
        assert notes(pilot) == [words.stopped(first)]
        assert [task.run for task in queue_file.read(RUNS).tasks] == [second]
        await read_again(pilot, shown)
        assert "↻○" in screen(pilot)


@pytest.mark.usefixtures("no_runner")
def test_a_run_that_trains_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    race = half_a_race()
    run = RunDir(RUNS / race.runs[-1].run)
    sent: list[Callable[..., Command]] = []
    monkeypatch.setattr(spool, "send", lambda run, kind: sent.append(kind))
    lock = run_lock.acquire(run)
    race_dropping.drop(RUNS, race.label, run.label)
    os.close(lock)
    assert sent == [commands.Stop]


async def test_a_run_that_is_over_cannot_be_dropped() -> None:
    race = half_a_race()
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test() as pilot:
        await opened(pilot)
        await pilot.press("s", "s")
        await wait_for_workers(pilot.app)
        assert "nothing is left to drop" in notes(pilot)[0]
    assert run_results(RunDir(RUNS / race.runs[0].run)).state == "done"


async def test_c_compares_what_has_begun() -> None:
    from tui.screens.compare.compare_screen import CompareScreen

    race = half_a_race()
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("c")
        await pilot.pause()
        compared = pilot.app.screen
        assert isinstance(compared, CompareScreen)
        labels = {run.path.name for run in compared.comparing.compared.runs}
        assert labels == {run.run for run in (*race.recipes[0], race.recipes[1][0])}


async def test_one_run_alone_is_compared_with_nothing() -> None:
    race = races.new_race(RUNS, 2)
    races.trained(RUNS, race.runs[0].run, 0.9, 2)
    async with RaceApp(RUNS, race.label, clock=Clock()).run_test() as pilot:
        await opened(pilot)
        await pilot.press("c")
        assert notes(pilot) == [words.TOO_FEW]


async def test_help_and_leaving() -> None:
    race = half_a_race()
    app = RaceApp(RUNS, race.label, clock=Clock())
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("question_mark")
        assert "stop the run" in screen(pilot)
        await pilot.press("escape", "q")
    assert app.return_value == "the race goes on; to show it: cnn-tui race 1-digits"


# Reading


def test_the_curve_of_a_recipe_is_the_mean_of_its_furthest_seeds() -> None:
    race = races.new_race(RUNS, 1, seeds=3)
    first, second, third = (run.run for run in race.runs)
    races.trained(RUNS, first, 0.9, 9)
    races.trained(RUNS, second, 0.7, 9)
    races.trained(RUNS, third, 0.1, 1)
    (curve,) = race_reading.read(RUNS, race.label).curves
    assert len(curve.points) == 9
    assert curve.points[-1] == pytest.approx((9.0, 0.8))


def test_rungs_are_epochs_of_the_plan() -> None:
    race = races.new_race(RUNS, 9, halving=True)
    found = race_reading.read(RUNS, race.label)
    assert (found.epochs, found.rungs, found.curves) == (9, [1, 3], [])
