"""The preset that `auto` is, by a look at some of the images."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from engine.data.inventory import quick_look
from engine.data.inventory.containers.folder_glance import visible_entries
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.listing.folder_listing import FolderListing
from engine.errors import DataError, UsageError
from engine.racing import race_file
from engine.racing.race_preparation import prepare
from engine.racing.race_request import RaceRequest
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.recipes.recipe_toml import read_fields
from engine.start.recipe_resolution import resolve_recipe, seen_images
from tests.test_folder_listing import tree
from tui.cli.command_line import main


def folder(root: Path, width: int, height: int, count: int = 3) -> Path:
    """Two classes of so many images of this size, as JPEG."""
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (width, height)).save(root / name / f"{number}.jpg")
    return root


def resolved(root: Path, named: str | None = None, *sets: str, arch: str = "resnet18") -> Recipe:
    return resolve_recipe(named, sets, {"data": str(root), "arch": arch}, root.parent)


def test_a_folder_of_photographs_gets_photo(tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", 300, 200)
    assert resolved(root).preset == "photo"
    assert resolved(root, "auto").preset == "photo"
    assert resolved(root, None, "preset=auto", "lr=0.3").preset == "photo"
    assert resolved(root, "quick").preset == "quick"
    assert resolved(root, None, "preset=best").preset == "best"
    assert resolved(root, arch="lenet5").preset == "quick"


def test_other_folders_get_quick(tmp_path: Path) -> None:
    assert resolved(folder(tmp_path / "small", 191, 400)).preset == "quick"
    assert resolve_recipe(None, [], {"data": "digits"}, tmp_path).preset == "quick"


def test_a_recipe_file_keeps_its_preset(tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", 300, 200)
    (tmp_path / "mine.toml").write_text('preset = "quick"\n')
    assert resolved(root, str(tmp_path / "mine.toml")).preset == "quick"
    (tmp_path / "mine.toml").write_text("epochs = 3\n")
    chosen = resolved(root, str(tmp_path / "mine.toml"))
    assert (chosen.preset, chosen.epochs, chosen.size_start) == ("photo", 3, 128)


def test_the_default_for_photographs_is_a_network_made_for_them(tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", 300, 200)
    chosen = resolve_recipe(None, [], {"data": str(root)}, tmp_path)
    assert (chosen.arch, chosen.preset) == ("resnet18", "photo")
    tuned = resolve_recipe(None, [], {"data": str(root), "pretrained": True}, tmp_path)
    assert (tuned.preset, tuned.crop_scale, tuned.lr) == ("photo", (0.5, 1.0), 5e-3)


def test_fields_of_photo_may_be_given_without_its_name(tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", 300, 200)
    chosen = resolved(root, None, "size_start=96", "canvas=320")
    assert (chosen.preset, chosen.size_start, chosen.canvas) == ("photo", 96, 320)
    with pytest.raises(UsageError, match="size_start needs random resized crops"):
        resolved(folder(tmp_path / "small", 40, 50), None, "size_start=96")
    with pytest.raises(DataError, match="nowhere does not exist"):
        resolved(tmp_path / "nowhere")


def test_the_recipes_of_a_race_on_photographs_are_photo(tmp_path: Path) -> None:
    flags = {"data": str(folder(tmp_path / "pets", 300, 200))}
    archs = ["resnet18", "lenet5"]
    race = prepare(tmp_path / "runs", RaceRequest(archs=archs, flags=flags))
    assert race_file.read(tmp_path / "runs", race.label).side == 200
    found = [read_recipe(tmp_path / "runs" / run.run / "recipe.toml") for run in race.runs]
    assert [(recipe.arch, recipe.preset) for recipe in found] == [
        *(("resnet18", "photo"), ("lenet5", "quick"))
    ]


def test_only_the_first_images_of_each_class_are_looked_at(tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", 300, 200, count=10)
    # Names that `os.scandir` may list first or last; ten are looked at of at most eleven.
    (root / "cat" / "broken.jpg").write_bytes(b"no image")
    assert seen_images({"data": str(root)}).shorter_side == 200


def test_a_small_folder_gets_a_batch_for_its_training_images(tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", 40, 40, count=130)
    assert resolved(root).batch == 16  # 208 of the 260 train
    assert resolved(root, None, "holdout=0.01").batch == 32  # 258 of them
    assert resolved(root, None, "batch=128").batch == 128
    (tmp_path / "mine.toml").write_text('preset = "quick"\nbatch = 128\n')
    assert resolved(root, str(tmp_path / "mine.toml")).batch == 128
    assert resolve_recipe(None, [], {"data": "digits"}, tmp_path).batch == 64


def counted(place: Path, most: int, **fields: Any) -> int:
    recipe = Recipe(data=str(place), **fields)
    look = quick_look.look_at(recipe)
    assert look is not None
    found = quick_look.count_for_training(look, recipe, most)
    assert found in (0, len(inventory_of(recipe).train))
    return found


@pytest.mark.parametrize("holdout", [0.0, 0.01, 0.29, 0.9])
def test_the_count_is_that_of_the_training_and_0_where_it_is_not_small(
    tmp_path: Path, holdout: float
) -> None:
    root = tree(tmp_path, *(f"cat/{at}.jpg" for at in range(41)), "dog/1.jpg", "cow/1/1.jpg")
    tree(root, *(f"{kind}/{at}.png" for kind in ("dog", "cow/1", "cow/2") for at in range(9, 40)))
    training = counted(root, 1000, holdout=holdout)
    assert training
    assert counted(root, training + 1, holdout=holdout) == training
    assert counted(root, training, holdout=holdout) == 0


def test_folders_that_do_not_train_count_for_nothing(tmp_path: Path) -> None:
    root = tree(tmp_path, *(f"train/{kind}/{at}.jpg" for kind in "ab" for at in range(15)))
    tree(root, *(f"test/{at}.jpg" for at in range(50)))
    assert counted(root, 30) == 24
    tree(root, *(f"val/{kind}/{at}.jpg" for kind in "ab" for at in range(50)))
    assert counted(root, 31) == 30
    assert counted(root, 31, holdout=0.2) == 24


def test_a_large_folder_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path, *(f"{kind}/{at}.jpg" for kind in "abcd" for at in range(40)))
    recipe = Recipe(data=str(root))
    look = quick_look.look_at(recipe)
    assert look is not None
    read: list[str] = []

    def watched(place: Path) -> Iterator[os.DirEntry[str]]:
        for entry in visible_entries(place):
            read.append(place.name)
            yield entry

    monkeypatch.setattr(quick_look, "visible_entries", watched)
    assert quick_look.count_for_training(look, recipe, 40) == 0
    assert Counter(read) == {"a": 40, "b": 40}
    monkeypatch.setattr(quick_look, "visible_entries", None)
    assert quick_look.count_for_training(look, recipe, 20) == 0


def test_a_start_looks_at_a_folder_once_for_the_side_and_the_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder(tmp_path / "pets", 300, 200, count=20)
    walk, walked = FolderListing._walk, list[Path]()

    def watched(listing: FolderListing, place: Path) -> None:
        walked.append(place)
        walk(listing, place)

    monkeypatch.setattr(FolderListing, "_walk", watched)
    assert seen_images({"data": str(root)}) == (200, 32)
    assert walked == [root]


def test_the_recipes_of_a_race_have_a_batch_for_few_images(tmp_path: Path) -> None:
    flags = {"data": str(folder(tmp_path / "pets", 40, 40, count=120))}
    race = prepare(tmp_path / "runs", RaceRequest(archs=["resnet18", "lenet5"], flags=flags))
    kept = race_file.read(tmp_path / "runs", race.label)
    assert kept.images == 192
    found = [read_recipe(tmp_path / "runs" / run.run / "recipe.toml") for run in kept.runs]
    assert [recipe.batch for recipe in found] == [16, 16]


def test_a_look_at_photographs_loads_no_numpy(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from engine.start.recipe_resolution import resolve_recipe\n"
        "chosen = resolve_recipe(None, [], {'data': sys.argv[1]}, Path('runs'))\n"
        "print(chosen.preset, 'numpy' in sys.modules)"
    )
    started = [sys.executable, "-c", code, str(folder(tmp_path, 240, 200))]
    done = subprocess.run(started, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["photo", "False"]


def test_a_large_archive_is_not_unpacked_for_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder(tmp_path / "pets", 300, 200)
    with tarfile.open(tmp_path / "pets.tar.gz", "w:gz") as archive:
        archive.add(root, "pets")
    given = {"data": str(tmp_path / "pets.tar.gz")}
    assert seen_images(given).shorter_side == 200
    monkeypatch.setattr("engine.data.inventory.kept_copies.QUICK_BYTES", 10)
    assert seen_images(given).shorter_side == 0


def test_the_list_of_recipes_has_auto_and_prints_what_it_is(tmp_path: Path) -> None:
    def recipes(*words: str) -> str:
        return CliRunner().invoke(main, ["recipes", *words]).output

    root = str(folder(tmp_path / "pets", 300, 200))
    assert json.loads(recipes("--json"))[0]["name"] == "auto"
    assert 'preset = "photo"' in recipes("auto", "--data", root)
    assert 'preset = "quick"' in recipes("auto")
    assert "batch = 16" in recipes("quick", "--data", root)
    assert resolved(Path(root), "quick").batch == 16
    assert "nowhere does not exist" in recipes("quick", "--data", "./nowhere")
    assert "lr = 0.005" in recipes("photo", "--data", root, "--pretrained")


def test_photo_is_printed_for_photographs_and_leaves_their_folder_to_be_named(
    tmp_path: Path,
) -> None:
    def printed(*words: str) -> str:
        return CliRunner().invoke(main, ["recipes", "photo", *words]).output

    root = str(folder(tmp_path / "pets", 300, 200))
    (tmp_path / "mine.toml").write_text(printed())
    named = read_fields(tmp_path / "mine.toml")
    assert (named["size_start"], named["size"], named["crop_pct"]) == (128, 224, 0.95)
    (tmp_path / "other.toml").write_text(printed("--data", root))
    assert named | {"data": root, "batch": 16} == read_fields(tmp_path / "other.toml")
    with pytest.raises(UsageError, match="no folder 'FOLDER'"):
        resolve_recipe(str(tmp_path / "mine.toml"), [], {}, tmp_path)
