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


def test_data_whose_images_are_called_by_numbers_has_a_file_of_its_own(
    run: RunDir, tmp_path: Path
) -> None:
    recipe(run, data="digits")
    assert decisions_file(run) == tmp_path / "labels-digits.toml"
    recipe(run, data="torchvision/Flowers102")
    assert decisions_file(run) == tmp_path / "labels-Flowers102.toml"


def test_a_file_that_cannot_be_read_is_told(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text("[labels")
    with pytest.raises(UsageError, match=r"labels\.toml"):
        decisions_file(run)
