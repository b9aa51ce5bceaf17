"""A race is computed from its file and the journals of its runs, and from nothing else."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.errors import EngineError, RunError, UsageError
from engine.queueing import queue_journal
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Ended, Started
from engine.queueing.task import Task
from engine.racing import leader_board, next_tasks, race_file, raced_recipes
from engine.racing.leader_board import Board
from engine.racing.race import Race
from engine.racing.race_preparation import prepare
from engine.racing.race_request import RaceRequest
from engine.run import run_creation, run_notes, run_renaming
from engine.run.run_paths import RunDir
from tests import races, scripted
from tests.races import EPOCHS, asked, failed, new_race, trained
from tui.drawing import race_rows_text


def board(runs_dir: Path, race: Race) -> Board:
    return leader_board.board(runs_dir, race_file.read(runs_dir, race.label))


def tasks(runs_dir: Path, race: Race) -> list[Task]:
    return next_tasks.follow_up(runs_dir, race.label)


def end(runs_dir: Path, task: Task, top1: float) -> None:
    trained(runs_dir, task.run, top1, task.until or EPOCHS)


def play(
    runs_dir: Path, race: Race, top1: Callable[[str], float], dice: random.Random
) -> list[list[Task]]:
    """Train all that the race asks for, in any order; returns what it asked for."""
    asked_for = []
    while now := tasks(runs_dir, race):
        asked_for.append(now)
        for task in dice.sample(now, len(now)):
            end(runs_dir, task, top1(task.run))
    return asked_for


def order(found: Board) -> list[object]:
    return [standing.settings["lr"] for standing in found.standings]


def test_a_grid_trains_all_at_once_and_the_first_seed_of_each_first(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2, seeds=2)
    now = tasks(tmp_path, race)
    assert [(task.until, task.race) for task in now] == [(0, "1-digits")] * 4
    assert [task.run for task in now] == [
        "1-lenet5-digits-lr0.01-s0",
        "3-lenet5-digits-lr0.02-s0",
        "2-lenet5-digits-lr0.01-s1",
        "4-lenet5-digits-lr0.02-s1",
    ]
    end(tmp_path, now[0], 0.9)
    assert tasks(tmp_path, race) == now[1:]


def test_a_third_of_the_recipes_goes_on_after_each_rung(tmp_path: Path) -> None:
    race = new_race(tmp_path, 9, halving=True)
    runs = [run.run for run in race.runs]
    rounds = play(tmp_path, race, lambda run: 0.5 + runs.index(run) / 100, random.Random(0))
    assert [[task.until for task in now] for now in rounds] == [[1] * 9, [3] * 3, [0]]
    assert [task.run for task in rounds[1]] == runs[:-4:-1]
    assert rounds[2][0].run == runs[-1]
    found = board(tmp_path, race)
    assert found.ended
    assert order(found) == [(index + 1) / 100 for index in reversed(range(9))]
    states = [standing.rows[0].state for standing in found.standings]
    assert states == ["done"] + ["dropped"] * 8
    assert [standing.rows[0].rung for standing in found.standings] == [3, 2, 2] + [1] * 6


def test_the_board_is_the_same_whatever_the_order_of_the_ends(tmp_path: Path) -> None:
    found = []
    for seed in range(3):
        folder = tmp_path / str(seed)
        race = new_race(folder, 5, halving=True, seeds=2)
        runs = [run.run for run in race.runs]
        scores = dict(zip(runs, random.Random(7).choices([0.6, 0.7, 0.8], k=10), strict=True))
        play(folder, race, scores.__getitem__, random.Random(seed))
        found.append(board(folder, race).standings)
    assert found[0] == found[1] == found[2]


def test_equal_recipes_are_ranked_by_loss_and_then_by_order(tmp_path: Path) -> None:
    race = new_race(tmp_path, 3)
    for run, loss in zip(race.runs, [0.5, 0.5, 0.4], strict=True):
        trained(tmp_path, run.run, 0.9, EPOCHS, loss=loss)
    assert order(board(tmp_path, race)) == [0.03, 0.01, 0.02]


def test_a_recipe_with_a_failed_seed_ranks_behind_those_without(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2, seeds=2)
    first, second, *others = (run.run for run in race.runs)
    trained(tmp_path, first, 0.99, EPOCHS)
    failed(tmp_path, second)
    for run in others:
        trained(tmp_path, run, 0.6, EPOCHS)
    found = board(tmp_path, race)
    assert found.ended
    assert order(found) == [0.02, 0.01]
    assert [row.state for row in found.standings[1].rows] == ["done", "failed"]
    assert found.standings[0].deviation == 0.0
    assert found.standings[1].deviation is None


def test_a_recipe_in_training_ranks_by_what_it_has_reached(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2, seeds=2)
    for run, top1 in zip(race.runs, [0.6, 0.6, 0.9], strict=False):
        trained(tmp_path, run.run, top1, EPOCHS)
    races.write(tmp_path, race.runs[3].run, scripted.half_a_run(EPOCHS))
    assert order(board(tmp_path, race)) == [0.02, 0.01]


def test_a_mean_is_of_the_seeds_that_have_come_furthest(tmp_path: Path) -> None:
    """One that has just begun knows nothing yet, and would bend the mean."""
    race = new_race(tmp_path, 1, seeds=3)
    first, second, third = (run.run for run in race.runs)
    trained(tmp_path, first, 0.9, EPOCHS)
    trained(tmp_path, second, 0.9, 1)
    (one,) = board(tmp_path, race).standings
    assert one.mean == pytest.approx(0.9)
    assert one.deviation is None
    trained(tmp_path, third, 0.7, EPOCHS)
    (two,) = board(tmp_path, race).standings
    assert two.mean == pytest.approx(0.8)
    assert two.deviation == pytest.approx(0.1414, rel=1e-3)


def test_what_was_stopped_or_removed_holds_nothing_up(tmp_path: Path) -> None:
    race = new_race(tmp_path, 3, halving=True)
    first, second, third = (run.run for run in race.runs)
    races.stopped(tmp_path, first)
    (tmp_path / second).rename(tmp_path / ".removed")
    trained(tmp_path, third, 0.5, 1)
    assert tasks(tmp_path, race) == [Task(third, 0, race.label)]
    found = board(tmp_path, race)
    assert [standing.rows[0].state for standing in found.standings] == [
        *("waiting", "dropped", "removed")
    ]


def test_a_run_whose_engine_was_killed_is_trained_again(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2)
    races.write(tmp_path, race.runs[0].run, scripted.half_a_run(EPOCHS))
    assert [task.run for task in tasks(tmp_path, race)] == [run.run for run in race.runs]
    states = {row.state for standing in board(tmp_path, race).standings for row in standing.rows}
    assert states == {"waiting", "queued"}


def test_a_run_that_goes_on_after_a_rung_is_no_stopped_one(tmp_path: Path) -> None:
    """Its last event says "stopped", as that of a run that somebody has stopped."""
    race = new_race(tmp_path, 2, halving=True)
    for run in race.runs:
        trained(tmp_path, run.run, 0.5, 1)
    assert tasks(tmp_path, race) == [Task(race.runs[0].run, 0, race.label)]


def test_nothing_starts_once_the_budget_is_used_up(tmp_path: Path) -> None:
    race = new_race(tmp_path, 3)
    race_file.write(tmp_path, replace(race, budget=15.0))
    trained(tmp_path, race.runs[0].run, 0.9, EPOCHS)
    assert next_tasks.may_start(tmp_path, race.label)
    assert len(tasks(tmp_path, race)) == 2
    trained(tmp_path, race.runs[1].run, 0.9, EPOCHS)
    assert not next_tasks.may_start(tmp_path, race.label)
    assert tasks(tmp_path, race) == []
    found = board(tmp_path, race)
    assert found.ended
    assert found.used == 22.0
    assert found.standings[2].rows[0].state == "stopped"


def test_the_remaining_time_counts_the_rungs_to_come(tmp_path: Path) -> None:
    race = new_race(tmp_path, 9, halving=True)
    assert board(tmp_path, race).remaining is None
    for run in race.runs[1:]:
        trained(tmp_path, run.run, 0.5, 1)
    # An epoch takes 2 s: one is left to the first rung, then 3 recipes train 2, and one trains 6.
    assert board(tmp_path, race).remaining == pytest.approx(2.0 * (1 + 3 * 2 + 6))


def test_what_no_epoch_has_measured_makes_the_remaining_time_a_least_one(tmp_path: Path) -> None:
    flags = {"data": "digits", "epochs": EPOCHS, "size": 32}
    nets = RaceRequest(archs=["lenet5", "vgg11-bn"], seeds=2, flags=flags)
    race = prepare(tmp_path, nets)
    trained(tmp_path, race.runs[0].run, 0.5, EPOCHS)
    found = board(tmp_path, race)
    assert (found.remaining, found.at_least) == (2.0 * EPOCHS, True)
    assert race_rows_text.left(found) == ["at least 18 s left"]
    trained(tmp_path, race.runs[2].run, 0.5, EPOCHS)
    found = board(tmp_path, race)
    assert (found.remaining, found.at_least) == (2.0 * 2 * EPOCHS, False)


def test_the_remaining_time_counts_the_starts_of_engines(tmp_path: Path) -> None:
    race, queue_dir = new_race(tmp_path, 4), QueueDir(tmp_path)
    queue_dir.path.mkdir()
    for run, took in zip(race.runs, (23.0, 28.0, 24.0), strict=False):
        trained(tmp_path, run.run, 0.5, EPOCHS)
        queue_journal.append(queue_dir, Started(run=run.run, devices=(), time=9.0))
        queue_journal.append(queue_dir, Ended(run=run.run, state="done", time=9.0 + took))
    # Beside its 18 s of epochs, an engine took 5, 10 and 6 s.
    assert board(tmp_path, race).remaining == 2.0 * EPOCHS + 6.0


def test_a_renamed_run_stays_in_the_race(tmp_path: Path) -> None:
    race = new_race(tmp_path, 2)
    (tmp_path / race.runs[0].run).rename(tmp_path / "1-favourite")
    trained(tmp_path, "1-favourite", 0.9, EPOCHS)
    trained_on = board(tmp_path, race).standings[0]
    assert trained_on.mean == pytest.approx(0.9)
    assert trained_on.rows[0].run == "1-favourite"


def test_a_race_from_the_weights_of_a_run_goes_on_when_that_is_renamed(tmp_path: Path) -> None:
    base = scripted.run_dir(tmp_path, scripted.half_a_run())
    (base.checkpoints / "best.pt").touch()
    flags = {**races.FLAGS, "init_from": base.label}
    race = prepare(tmp_path, RaceRequest(sets=["lr=[0.1, 0.2]"], flags=flags))
    renamed = run_renaming.rename(base, "renamed")
    made = raced_recipes.recipe_of(race, {"lr": 0.1}, 0, tmp_path)
    assert made.init_from == str(renamed.checkpoints / "best.pt")


def test_a_race_is_read_as_it_was_written(tmp_path: Path) -> None:
    names = "class_names=[['0', 'zero'], ['1', 'one']]"
    sets = [
        names,
        "milestones=[[1, 2], [3]]",
        'schedule=["step", "onecycle"]',
        "flip=[true, false]",
    ]
    race = prepare(tmp_path, asked(2)._replace(sets=sets, seeds=2, halving=True, budget=7.5))
    assert race_file.find(tmp_path) == race
    assert len(race.recipes) == 8


def test_races_are_found_by_number_and_name(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no race yet"):
        race_file.find(tmp_path)
    for name in ("nets", "rates", "rates-again"):
        prepare(tmp_path, asked(2)._replace(name=name))
    assert race_file.find(tmp_path).label == "3-rates-again"
    assert race_file.find(tmp_path, "2").label == "2-rates"
    assert race_file.find(tmp_path, "nets").label == "1-nets"
    with pytest.raises(RunError, match="several races: name one of 3-rates-again, 2-rates"):
        race_file.find(tmp_path, "rates")


REFUSED: list[tuple[Sequence[str], dict[str, Any], str]] = [
    (["lr=[0.1, 2000]"], {}, r"^lr = 2000 is not possible"),
    (["batch=[32, 0]", "lr=[0.1, 0.2]"], {}, r"^batch = 0, lr = 0.1: batch = 0 is not"),
    (["lr=[0.1, 0.2]"], {"flags": {"data": "nowhere"}}, "^there is no data set"),
    (["lr=[]"], {}, "no value to try"),
    (["lr=[0.1, 0.1]"], {}, "to try 0.1 twice"),
    (["lr=0.1,0.2"], {}, r"no TOML array: write the values to try as in --set 'lr=\[0.05, 0.1\]'"),
    (["size=[16, 32]"], {}, r"^size = 16: lenet5 needs images of 28 pixels or more"),
    (["act=[relu, tanh]"], {}, "no TOML array"),
    (["epochs=[5, 9]"], {}, "epochs is given by an option, and with several"),
    (["holdout=[0.0, 0.1]"], {}, "holdout differs between these recipes"),
    (["seed=old", "lr=[0.1, 0.2]"], {}, "seed must be a whole number"),
    (["seed=[1, 2]"], {}, "--seeds N"),
    (
        ["lr=[0.1]"],
        {"archs": ["lenet5", "lenet6"], "flags": {"data": "digits"}},
        "there is no architecture 'lenet6'",
    ),
    (["lr=[0.1]"], {}, r"single run, with nothing to compare: name several .* as in `cnn-tui race"),
    (["lr=[0.1]"], {"trials": 3}, "a grid tries all combinations"),
    (["lr=[0.1, 0.2]"], {"seeds": 501}, "this race is 1,002 runs: add --yes"),
    (["lr=[0.1, 0.2]"], {"name": "a/b"}, "'a/b' cannot name a race"),
]


@pytest.mark.parametrize(("sets", "options", "sentence"), REFUSED)
def test_what_cannot_be_raced_leaves_nothing_behind(
    tmp_path: Path, sets: Sequence[str], options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(EngineError, match=sentence):
        prepare(tmp_path / "runs", RaceRequest(sets=sets, flags=races.FLAGS)._replace(**options))
    assert not (tmp_path / "runs").exists()


def test_too_many_runs_are_counted_before_they_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raced_recipes, "check_recipes", None)
    lists = [f"{field}=[{', '.join(map(str, range(200)))}]" for field in ("warmup", "rotate")]
    with pytest.raises(UsageError, match="this race is 40,000 runs: add --yes"):
        prepare(tmp_path / "runs", RaceRequest(sets=lists, flags=races.FLAGS))


def test_of_the_runs_of_a_race_all_are_made_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = run_creation.create_labelled

    def full_disk(runs_dir: Path, label: str, recipe: str) -> object:
        if label.startswith("3-"):
            raise RunError("No space left on device")
        return create(runs_dir, label, recipe)

    monkeypatch.setattr(run_creation, "create_labelled", full_disk)
    with pytest.raises(RunError, match="No space left"):
        new_race(tmp_path, 5)
    assert [path for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
    assert race_file.labels(tmp_path) == []
    assert [*(tmp_path / ".races").iterdir()] == []


@pytest.mark.parametrize("of_writes", [1, 2])
def test_a_race_whose_file_cannot_be_written_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_writes: int
) -> None:
    write, count = race_file.write, iter(range(1, 9))

    def full_disk(runs_dir: Path, race: Race) -> None:
        if next(count) == of_writes:
            raise RunError("No space left on device")
        write(runs_dir, race)

    monkeypatch.setattr(race_file, "write", full_disk)
    with pytest.raises(RunError, match="No space left"):
        new_race(tmp_path, 3)
    assert [path for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
    assert [*(tmp_path / ".races").iterdir()] == []


def test_a_race_that_was_killed_while_its_runs_were_made_makes_the_others(tmp_path: Path) -> None:
    race = new_race(tmp_path, 3)
    race_file.write(tmp_path, replace(race, made=0))
    for run in race.runs[1:]:
        shutil.rmtree(tmp_path / run.run)
    (tmp_path / f".{race.runs[1].run}").mkdir()  # of this one, a part was there
    found = board(tmp_path, race)
    assert [row.state for row in found.rows] == ["queued"] * 3
    assert found.idle.endswith("type `cnn-tui queue continue`.")
    assert [task.run for task in tasks(tmp_path, race)] == [run.run for run in race.runs]
    assert all(RunDir(tmp_path / run.run).recipe.exists() for run in race.runs)
    assert race_file.find(tmp_path) == race


def test_a_run_of_a_race_has_its_tag_and_its_recipe(tmp_path: Path) -> None:
    race = new_race(tmp_path, 1, seeds=2)
    run = RunDir(tmp_path / race.runs[1].run)
    assert run.name == "lenet5-digits-s1"
    assert run_notes.read(run).tags == ("race:1-digits",)
    assert "lr = 0.01" in run.recipe.read_text()
    assert "seed = 1" in run.recipe.read_text()


def test_the_board_of_a_hundred_runs_is_quick(tmp_path: Path) -> None:
    race = new_race(tmp_path, 100)
    for run in race.runs:
        trained(tmp_path, run.run, 0.9, EPOCHS)
    began = time.process_time()
    assert board(tmp_path, race).ended
    # 0.05 s on a quiet machine.
    assert time.process_time() - began < 1.0


def test_the_paths_of_a_race_mean_the_same_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("def small(classes: int, channels: int): ...\n")
    flags = {"data": "digits", "data_dir": "images"}
    race = prepare(Path("runs"), RaceRequest(archs=["net.py:small", "lenet5"], flags=flags))
    assert race.choices["arch"] == [f"{tmp_path}/net.py:small", "lenet5"]
    assert race.base["data_dir"] == str(tmp_path / "images")
    assert race.runs[0].run == "1-net-small-digits"


def test_a_resolved_value_of_a_recipe_file_gives_way_to_what_is_given(tmp_path: Path) -> None:
    resolved = '[resolved]\nthreads = 2\nsize = 32\ndevice = "cpu"\n'
    (tmp_path / "r.toml").write_text(f'arch = "lenet5"\ndata = "digits"\n{resolved}')
    race = prepare(Path("runs"), RaceRequest(recipe="r.toml", sets=["threads=[1, 4]"]))
    recipes = [(Path("runs") / run.run / "recipe.toml").read_text() for run in race.runs]
    assert ["threads = 1 " in recipe or "threads = 1\n" in recipe for recipe in recipes] == [
        *(True, False)
    ]
    assert all("size = 32" in recipe for recipe in recipes)


def test_no_device_no_race(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cuda"):
        prepare(tmp_path, asked(1)._replace(sets=['device=["cpu", "cuda:7"]']))
