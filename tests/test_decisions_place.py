"""Where the decisions on the labels of a run are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import label_decisions
from engine.run.run_paths import RunDir
from engine.suspicion.decisions_place import decisions_file
from tests import suspected_runs


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return suspected_runs.write_run(tmp_path / "runs")


def recipe(run: RunDir, **flags: object) -> None:
    run.recipe.write_text(to_toml(build_recipe(flags=flags)))


def test_they_are_beside_the_folder_of_runs(run: RunDir, tmp_path: Path) -> None:
    assert decisions_file(run) == tmp_path / "labels.toml"
    label_decisions.change(tmp_path / "labels.toml", "train/0007.png", "drop")
    label_decisions.change(tmp_path / "labels.toml", "val/0007.png", "keep")
    assert decisions_file(run) == tmp_path / "labels.toml"


def test_those_that_the_run_began_with_go_on(run: RunDir, tmp_path: Path) -> None:
    recipe(run, decisions=str(tmp_path / "of/mine.toml"))
    assert decisions_file(run) == tmp_path / "of/mine.toml"


def test_those_of_other_data_are_left_alone(run: RunDir, tmp_path: Path) -> None:
    label_decisions.change(tmp_path / "labels.toml", "train/0007.png", "drop")
    label_decisions.change(tmp_path / "labels.toml", "train/tiger.png", "drop")
    assert decisions_file(run) == tmp_path / "labels-pets.toml"


@pytest.mark.parametrize("named", ["pets", "of/pets"])
def test_a_file_that_says_its_data_is_of_no_other(run: RunDir, tmp_path: Path, named: str) -> None:
    """Two folders with the same name, and the same names in them."""
    usual, other = tmp_path / "labels.toml", tmp_path / "labels-pets.toml"
    label_decisions.change(usual, "train/0007.png", "drop", data=str(tmp_path / named))
    recipe(run, data=str(tmp_path / "pets"))
    assert decisions_file(run) == (usual if named == "pets" else other)
    label_decisions.change(other, "train/0007.png", "drop", data=str(tmp_path / "third/pets"))
    expected = usual if named == "pets" else tmp_path / "labels-pets-2.toml"
    assert decisions_file(run) == expected


def test_where_nobody_says_which_data_it_is_of_numbers_do_not_tell(tmp_path: Path) -> None:
    run = suspected_runs.write_run(tmp_path / "runs", suffix="")
    assert decisions_file(run) == tmp_path / "labels.toml"
    label_decisions.change(tmp_path / "labels.toml", "train/0007", "drop")
    assert decisions_file(run) == tmp_path / "labels-pets.toml"
    recipe(run, data="torchvision/Flowers102")
    assert decisions_file(run) == tmp_path / "labels-Flowers102.toml"


def test_a_file_without_decisions_is_free(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text("[labels]\n")
    assert decisions_file(run) == tmp_path / "labels.toml"


def test_decisions_on_test_images_are_not_those_of_other_data(run: RunDir, tmp_path: Path) -> None:
    label_decisions.change(tmp_path / "labels.toml", "test/0007.png", "drop")
    assert decisions_file(run) == tmp_path / "labels-pets.toml", "nothing in it is known"
    label_decisions.change(tmp_path / "labels.toml", "train/0007.png", "drop")
    assert decisions_file(run) == tmp_path / "labels.toml"


def test_a_long_name_of_data_is_cut(run: RunDir, tmp_path: Path) -> None:
    label_decisions.change(tmp_path / "labels.toml", "tiger.png", "drop")
    recipe(run, data=str(tmp_path / ("é" * 127)))
    file = decisions_file(run)
    label_decisions.change(file, "train/0007.png", "drop")
    assert file.name == f"labels-{'é' * 50}.toml"


def test_a_file_that_cannot_be_read_is_told(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text("[labels")
    with pytest.raises(UsageError, match=r"labels\.toml"):
        decisions_file(run)
