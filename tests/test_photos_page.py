"""docs/photos.md: its commands exist, its trainings begin, its figures are those of the recipe."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks import made_photographs
from benchmarks.made_photographs import Sides
from engine.recipes import presets
from engine.recipes.recipe import FIELDS, Recipe
from engine.recipes.recipe_toml import read_fields
from tests.page_commands import check_command, commands_of
from tui.cli.command_line import main

PAGE = (Path(__file__).parents[1] / "docs/photos.md").read_text()
COMMANDS = commands_of(PAGE)
TRAININGS = [line for line in COMMANDS if line.startswith("train ")]
ARCHS = ("resnet18", "resnet50", "convnext-tiny", "efficientnet-b0")


def table(heading: str) -> list[list[str]]:
    """The cells of the first table of a section, without its two first lines."""
    section = PAGE.partition(f"\n## {heading}\n")[2]
    (rows,) = re.findall(r"((?:^\|.*\|\n)+)", section, re.MULTILINE)[:1]
    return [row.strip("|").split(" | ") for row in rows.splitlines()[2:]]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_one(line: str) -> None:
    check_command(line)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    made_photographs.write(folder / "photos", 10, Sides(320, 240), 4)
    return folder


@pytest.mark.parametrize("line", TRAININGS)
def test_every_training_begins_with_photo(
    line: str, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos").symlink_to(photos / "photos")
    torch.save({"fc.bias": torch.zeros(2)}, "resnet50.pth")
    first = created("train --arch resnet18 --data photos")
    shutil.copyfile("resnet50.pth", first / "checkpoints/best.pt")
    assert read_fields(created(line) / "recipe.toml")["preset"] == "photo"


def created(line: str) -> Path:
    """The run that a command creates."""
    result = CliRunner().invoke(main, [*shlex.split(line, comments=True), "--create"])
    assert result.exit_code == 0, result.output
    return Path(result.stdout.strip())


def test_the_way_of_an_image_names_fields_of_a_recipe() -> None:
    named = re.findall(
        "`([a-z_0-9]+)`", " ".join(row[2] for row in table("From the file to the network"))
    )
    assert len(named) > 20
    assert {*named} <= {*FIELDS}


def test_the_table_from_scratch_is_the_preset() -> None:
    for name, *told in table("From scratch"):
        fields = re.findall("`([a-z_]+)`", name)
        for arch, cell in zip(ARCHS, told, strict=True):
            recipe = Recipe(**presets.preset("photo", arch, "photos"))
            values = [value for field in fields for value in as_list(getattr(recipe, field))]
            assert cell.strip().split(", ") == [shown(value) for value in values]


def as_list(value: object) -> list[object]:
    return [*value] if isinstance(value, tuple) else [value]


def shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
