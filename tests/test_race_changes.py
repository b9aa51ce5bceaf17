"""Races that are changed as they go: stopped, resumed, and runs renamed, removed or dropped."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.errors import RunError
from engine.protocol import commands, events
from engine.protocol.events import Phase
from engine.queueing import queue_file, runner_lock, runner_start
from engine.queueing.task import Begun, Task
from engine.racing import (
    elapsed_clock,
    leader_board,
    next_tasks,
    race_control,
    race_dropping,
    race_file,
    tree_sampler,
)
from engine.racing.race import Race
from engine.racing.race_preparation import prepare
from engine.racing.race_results import read_results
from engine.racing.race_runner import LOOK_SECONDS, RaceRunner
from engine.run import run_lock, run_renaming, run_trash, spool
from engine.run.run_paths import RunDir
from tests import races, scripted
from tests.races import EPOCHS, asked, new_race, stopped, trained


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders whose runner was started; none works."""
    folders: list[Path] = []
    monkeypatch.setattr(runner_start, "ensure_runner", folders.append)
    return folders


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose engines were told to stop."""
    found: list[str] = []

    def send(run: RunDir, command: object) -> None:
        assert command is commands.Stop
        if not os.path.exists(run.lock):
            raise RunError("no engine")
        found.append(run.label)

    monkeypatch.setattr(spool, "send", send)
    return found


def begun(run: str, race: Race) -> Task:
    """A task for which the runner starts an engine now."""
    return Task(run, race=race.label, begun=Begun(("cpu",), 0, 0))


def queue(runs_dir: Path, *tasks: Task) -> None:
    with queue_file.changed(runs_dir) as found:
        found.tasks = [*tasks]


def waiting(runs_dir: Path) -> list[str]:
    return [task.run for task in queue_file.read(runs_dir).tasks]


def next_runs(runs_dir: Path, race: Race) -> list[str]:
    return [task.run for task in next_tasks.follow_up(runs_dir, race.label)]


def state(runs_dir: Path, race: Race, run: str) -> str:
    board = leader_board.board(runs_dir, race_file.read(runs_dir, race.label))
    return next(row.state for each in board.standings for row in each.rows if row.run == run)


# Stopped and resumed


def test_a_race_goes_on_with_the_runs_that_it_has_stopped_and_no_others(tmp_path: Path) -> None:
    race = new_race(tmp_path, 3)
    by_hand, with_race, last = (run.run for run in race.runs)
    stopped(tmp_path, by_hand)
    queue(tmp_path, begun(with_race, race), Task(last, race=race.label))
    race_control.stop(tmp_path, race.label)
    stopped(tmp_path, with_race)
    queue(tmp_path)
    assert next_runs(tmp_path, race) == []
    race_control.resume(tmp_path, race.label)
    assert waiting(tmp_path) == next_runs(tmp_path, race) == [with_race, last]
    stopped(tmp_path, with_race)  # now by hand
    assert next_runs(tmp_path, race) == [last]


def test_whoever_stops_a_race_twice_loses_nothing(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2)
    for run in race.runs:
        queue(tmp_path, begun(run.run, race))
        race_control.stop(tmp_path, race.label)
        stopped(tmp_path, run.run)
        queue(tmp_path)
        race_control.resume(tmp_path, race.label)
        queue(tmp_path)
    assert next_runs(tmp_path, race) == [run.run for run in race.runs]


def test_a_run_whose_engine_has_no_lock_yet_is_stopped_with_its_race(
    tmp_path: Path, told: list[str]
) -> None:
    race = new_race(tmp_path, 2)
    first, second = (run.run for run in race.runs)
    run = RunDir(tmp_path / first)
    run.lock.unlink()
    queue(tmp_path, begun(first, race), Task(second, race=race.label))
    assert race_control.stop(tmp_path, race.label) == [run]
    assert waiting(tmp_path) == [first]
    assert told == []
    lock, now = run_lock.acquire(run), iter([0.0] * 4 + [LOOK_SECONDS] * 4 + [9.0 * LOOK_SECONDS])
    runner = RaceRunner(tmp_path, runner_lock.acquire(tmp_path), clock=lambda: next(now))
    for _ in range(2):
        assert runner.step()
    assert told == [first]
    os.close(lock)


@pytest.mark.parametrize("used", [False, True])
def test_the_runs_of_a_race_are_stopped_once_its_budget_is_used_up(
    tmp_path: Path, told: list[str], used: bool
) -> None:
    race = new_race(tmp_path, 2)
    first, second = (run.run for run in race.runs)
    trained(tmp_path, first, 0.9, EPOCHS)
    spent = sum(each.elapsed for each in read_results(tmp_path, race).values())
    race_file.write(tmp_path, replace(race, budget=spent if used else spent + 1))
    queue(tmp_path, begun(second, race), Task("9-of-no-race", begun=Begun(("0",), 0, 0)))
    lock = run_lock.acquire(RunDir(tmp_path / second))
    with queue_file.changed(tmp_path) as found:
        found.paused = "by a test"
    RaceRunner(tmp_path, runner_lock.acquire(tmp_path)).step()
    assert told == ([second] if used else [])
    os.close(lock)


def test_what_was_stopped_half_way_ranks_by_what_it_has_reached(tmp_path: Path) -> None:
    race = new_race(tmp_path, 3)
    _, second, third = (run.run for run in race.runs)
    trained(tmp_path, second, 0.9, 5)
    trained(tmp_path, third, 0.4, EPOCHS)
    race_file.write(tmp_path, replace(race, budget=1.0))
    board = leader_board.board(tmp_path, race_file.find(tmp_path))
    assert [each.rows[0].run for each in board.standings[:2]] == [second, third]
    assert [each.rows[0].state for each in board.standings] == ["stopped", "done", "stopped"]


# A race whose tasks are lost


def test_a_runner_that_starts_queues_what_races_have_left(tmp_path: Path) -> None:
    lost, over, off = (new_race(tmp_path, 2) for _ in range(3))
    for run in over.runs:
        trained(tmp_path, run.run, 0.9, EPOCHS)
    race_control.stop(tmp_path, off.label)
    for _ in range(2):
        assert race_control.follow_all(tmp_path) == []
        assert waiting(tmp_path) == [run.run for run in lost.runs]


def test_a_race_that_cannot_be_asked_is_told_and_holds_no_other_up(tmp_path: Path) -> None:
    broken, whole = new_race(tmp_path, 2), new_race(tmp_path, 2)
    (race_file.races_folder(tmp_path) / broken.label / race_file.FILE).write_text("runs = 1")
    (fault,) = race_control.follow_all(tmp_path)
    assert "cannot be read" in fault
    assert "delete its folder" in fault
    assert waiting(tmp_path) == [run.run for run in whole.runs]


def test_a_runs_folder_that_cannot_be_listed_is_one_sentence(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be read"):
        read_results(tmp_path / "file", race)


# Dropped


def test_a_race_goes_on_when_its_last_waiting_run_is_dropped(
    tmp_path: Path, started: list[Path]
) -> None:
    race = new_race(tmp_path, 3, halving=True)
    first, second, third = (run.run for run in race.runs)
    trained(tmp_path, first, 0.5, 1)
    trained(tmp_path, second, 0.6, 1)
    queue(tmp_path, Task(third, 1, race.label))
    race_dropping.drop(tmp_path, race.label, third)
    assert queue_file.read(tmp_path).tasks == [Task(second, 0, race.label)]
    assert started == [tmp_path]
    assert state(tmp_path, race, third) == "dropped"


def test_the_next_best_takes_the_place_of_a_run_that_is_dropped_at_a_rung(tmp_path: Path) -> None:
    race = new_race(tmp_path, 3, halving=True)
    best, next_best, last = (run.run for run in race.runs)
    trained(tmp_path, best, 0.9, 1)
    trained(tmp_path, next_best, 0.8, 1)
    race_dropping.drop(tmp_path, race.label, best)
    trained(tmp_path, last, 0.7, 1)
    assert next_runs(tmp_path, race) == [next_best]
    assert state(tmp_path, race, best) == "dropped"


def test_a_run_that_has_left_the_rung_behind_has_taken_its_place_there(tmp_path: Path) -> None:
    race = new_race(tmp_path, 9, halving=True)
    for at, run in enumerate(race.runs):
        trained(tmp_path, run.run, 0.5 + at / 100, 1)
    best, next_best, third = (run.run for run in race.runs[:-4:-1])
    trained(tmp_path, best, 0.9, 2)
    races.write(tmp_path, best, [Phase("starting")])  # its engine was killed
    race_dropping.drop(tmp_path, race.label, best)
    assert next_runs(tmp_path, race) == [next_best, third]


def test_a_renamed_run_is_dropped_by_the_name_that_it_has(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2)
    run_renaming.rename(RunDir(tmp_path / race.runs[0].run), "mine")
    race_dropping.drop(tmp_path, race.label, "1-mine")
    assert next_runs(tmp_path, race) == [race.runs[1].run]


def test_a_run_that_was_dropped_stays_so_when_its_race_is_resumed(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2)
    first, second = (run.run for run in race.runs)
    race_dropping.drop(tmp_path, race.label, first)
    race_control.stop(tmp_path, race.label)
    race_control.resume(tmp_path, race.label)
    assert waiting(tmp_path) == [second]
    assert state(tmp_path, race, first) == "stopped"


@pytest.mark.parametrize("how", ["done", "failed", "left behind", "stopped"])
def test_a_run_that_trains_no_more_cannot_be_dropped(tmp_path: Path, how: str) -> None:
    race = new_race(tmp_path, 2, halving=True)
    first, second = (run.run for run in race.runs)
    if how == "failed":
        races.failed(tmp_path, first)
    elif how == "stopped":
        stopped(tmp_path, first)
    else:
        trained(tmp_path, first, 0.5, EPOCHS if how == "done" else 1)
        trained(tmp_path, second, 0.9, 1)
    with pytest.raises(RunError, match="choose a run that trains or waits"):
        race_dropping.drop(tmp_path, race.label, first)


@pytest.mark.parametrize("remove", [run_trash.delete, lambda run: shutil.rmtree(run.path)])
def test_a_race_that_has_ended_stays_so_when_its_best_run_is_deleted(
    tmp_path: Path, remove: Callable[[RunDir], object]
) -> None:
    race = new_race(tmp_path, 3, halving=True)
    best, *others = (run.run for run in race.runs)
    trained(tmp_path, best, 0.9, EPOCHS)
    for run in others:
        trained(tmp_path, run, 0.5, 1)
    for _ in range(2):  # what is kept stays so
        assert next_runs(tmp_path, race) == []
        if (tmp_path / best).exists():
            remove(RunDir(tmp_path / best))
    assert next_runs(tmp_path, race) == []
    board = leader_board.board(tmp_path, race)
    assert board.ended
    rows = [each.rows[0] for each in board.standings]
    assert [row.state for row in rows] == ["removed", "dropped", "dropped"]
    assert rows[0].top1 == pytest.approx(0.9)


# With TPE, whose choices are made as it goes


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Optuna suggests nothing, so recipes come in their order."""
    none: Iterator[dict[str, object]] = iter(())
    monkeypatch.setattr(tree_sampler, "check_installed", lambda: None)
    monkeypatch.setattr(tree_sampler, "_suggestions", lambda race, results: none)


def race_of_tpe(runs_dir: Path, trials: int = 3) -> Race:
    return prepare(runs_dir, asked(5)._replace(sampler="tpe", trials=trials, seeds=2))


def folders(runs_dir: Path) -> list[str]:
    return sorted(run.name for run in runs_dir.iterdir() if run.name[0].isdigit())


@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize("how", ["renamed", "trashed", "removed"])
def test_a_run_of_the_newest_recipe_is_made_once(tmp_path: Path, how: str) -> None:
    race = race_of_tpe(tmp_path)
    first, second = (RunDir(tmp_path / run.run) for run in race.runs)
    if how == "renamed":
        run_renaming.rename(first, "favourite")
    elif how == "trashed":
        run_trash.delete(first)
    else:
        shutil.rmtree(first.path)
    there = folders(tmp_path)
    left = ["1-favourite"] if how == "renamed" else []
    assert next_runs(tmp_path, race) == [*left, second.label]
    assert folders(tmp_path) == there


@pytest.mark.usefixtures("chosen")
def test_a_stop_during_a_choice_counts_and_the_choice_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = race_of_tpe(tmp_path)
    for run in race.runs:
        trained(tmp_path, run.run, 0.9, EPOCHS)
    stop = threading.Thread(target=race_control.stop, args=(tmp_path, race.label))
    choose = tree_sampler.next_settings

    def slowly(race: Race, results: object) -> dict[str, object] | None:
        stop.start()
        stop.join(0.2)  # it waits for this choice
        assert stop.is_alive()
        return choose(race, results)  # type: ignore[arg-type]

    monkeypatch.setattr(tree_sampler, "next_settings", slowly)
    assert len(next_tasks.follow_up(tmp_path, race.label)) == 2
    stop.join()
    found = race_file.read(tmp_path, race.label)
    assert (found.stopped, len(found.runs), found.made) == (True, 4, 4)
    assert not next_tasks.may_start(tmp_path, race.label)
    assert next_runs(tmp_path, race) == []


# The time of engines


def test_the_time_of_a_journal_that_grows_is_that_of_the_whole(tmp_path: Path) -> None:
    said = scripted.stamped(scripted.half_a_run())
    lines = b"".join(events.encode(event) + b"\n" for event in said)
    journal, whole = tmp_path / "grows", tmp_path / "whole"
    whole.write_bytes(lines)
    journal.write_bytes(b"")
    for at in range(0, len(lines), 97):  # lines are cut anywhere
        with journal.open("ab") as file:
            file.write(lines[at : at + 97])
        elapsed_clock.seconds(journal)
    assert elapsed_clock.seconds(journal) == elapsed_clock.seconds(whole) > 0.0
    journal.write_bytes(lines[: len(lines) // 2])
    assert 0.0 < elapsed_clock.seconds(journal) < elapsed_clock.seconds(whole)
    assert elapsed_clock.seconds(tmp_path / "none") == 0.0
