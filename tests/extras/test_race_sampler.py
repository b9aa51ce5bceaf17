"""TPE chooses the recipes of a race, with Optuna: the same ones, whatever was killed on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import RunError
from engine.racing import leader_board, next_tasks, race_file, tree_sampler
from engine.racing.race import Race
from engine.racing.race_preparation import prepare
from engine.racing.race_request import RaceRequest
from engine.run import run_creation
from tests import races

optuna = pytest.importorskip("optuna")
pytestmark = pytest.mark.extras

SETS = ["lr=[0.01, 0.02, 0.05, 0.1]", "momentum=[0.0, 0.5, 0.9]"]
REQUEST = RaceRequest(sets=SETS, flags=races.FLAGS, sampler="tpe", seeds=2)


def new_race(runs_dir: Path, trials: int) -> Race:
    return prepare(runs_dir, REQUEST._replace(trials=trials))


def accuracy(race: Race, run: str) -> float:
    """The best rate is 0.05, the best momentum 0.9."""
    settings = next(each.settings for each in race.runs if each.run == run)
    rates = {0.01: 0.5, 0.02: 0.6, 0.05: 0.8, 0.1: 0.4}
    return rates[float(str(settings["lr"]))] + float(str(settings["momentum"])) / 10


def play(runs_dir: Path, race: Race) -> Iterator[Race]:
    """Train all that the race asks for; yields the race before each training."""
    while tasks := next_tasks.follow_up(runs_dir, race.label):
        race = race_file.read(runs_dir, race.label)
        yield race
        races.trained(runs_dir, tasks[0].run, accuracy(race, tasks[0].run), races.EPOCHS)


def tried(runs_dir: Path, race: Race) -> list[dict[str, object]]:
    return [runs[0].settings for runs in race_file.read(runs_dir, race.label).recipes]


def test_optuna_says_nothing_of_its_own(tmp_path: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    new_race(tmp_path, 2)
    assert optuna.logging.get_verbosity() == optuna.logging.WARNING


def test_a_race_tries_as_many_different_recipes_as_asked(tmp_path: Path) -> None:
    race = new_race(tmp_path, 8)
    assert len(race.runs) == 2
    assert len([*play(tmp_path, race)]) == 16
    found = tried(tmp_path, race)
    assert len({str(settings) for settings in found}) == len(found) == 8
    board = leader_board.board(tmp_path, race_file.find(tmp_path))
    assert board.ended
    assert board.standings[0].settings["lr"] == 0.05


def test_no_more_than_all_recipes_are_tried(tmp_path: Path) -> None:
    race = new_race(tmp_path, 100)
    assert len([*play(tmp_path, race)]) == 2 * 12


def test_a_race_that_was_killed_while_it_made_runs_goes_on_as_the_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, torn = new_race(tmp_path / "whole", 6), new_race(tmp_path / "torn", 6)
    list(play(tmp_path / "whole", whole))
    create, count = run_creation.create_labelled, iter(range(1000))

    def kill(runs_dir: Path, label: str, recipe: str) -> object:
        if next(count) % 3 == 1:
            raise RunError("killed")
        return create(runs_dir, label, recipe)

    monkeypatch.setattr(run_creation, "create_labelled", kill)
    killed = 0
    while killed < 100:
        try:
            list(play(tmp_path / "torn", torn))
            break
        except RunError:
            killed += 1
    assert killed > 2
    assert tried(tmp_path / "torn", torn) == tried(tmp_path / "whole", whole)
    labels = [
        [run.run for run in race_file.find(tmp_path / name).runs] for name in ("whole", "torn")
    ]
    assert labels[0] == labels[1]


def test_a_recipe_that_fails_is_a_bad_one_and_its_like_are_avoided(tmp_path: Path) -> None:
    """As a failed trial, Optuna would forget it."""
    race = prepare(
        tmp_path,
        RaceRequest(
            sets=[f"lr=[{', '.join(str(rate / 100) for rate in range(1, 41))}]", "clip=[0, 1, 2]"],
            flags=races.FLAGS,
            sampler="tpe",
            trials=40,
        ),
    )
    while tasks := next_tasks.follow_up(tmp_path, race.label):
        race = race_file.read(tmp_path, race.label)
        if race.runs[-1].settings["clip"] == 0:
            races.failed(tmp_path, tasks[0].run)
        else:
            races.trained(tmp_path, tasks[0].run, 0.8, races.EPOCHS)
    late = [run.settings["clip"] for run in race.runs[20:]]
    assert late.count(0) < len(late) / 4


def test_nothing_but_the_choice_needs_optuna(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = new_race(tmp_path, 2)
    list(play(tmp_path, race))
    monkeypatch.setattr(tree_sampler, "find_spec", lambda name: None)
    assert leader_board.board(tmp_path, race_file.find(tmp_path)).ended
