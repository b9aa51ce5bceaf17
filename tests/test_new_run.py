"""The run that the launcher puts together, without a screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from engine.catalog.data_shape import DataShape
from engine.errors import DataError, UndecidedError
from engine.recipes import equivalent_command
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import SeenImages
from tui.drawing import cells
from tui.drawing.architecture_list import CIFAR10
from tui.screens.launcher.box_layout import BOXES, box_layout, neighbour
from tui.screens.launcher.folder_reading import Unusable, image_folder, look_into
from tui.screens.launcher.new_run import FOLDER, OTHER_FOLDER, ImageFolder, NewRun

QUICK = NewRun("lenet5", "digits", "quick")
PETS = ImageFolder("/data/pets", 10, DataShape(3, 32, 2))


def command(run: NewRun) -> str:
    assert isinstance(run.plan, Recipe)
    return equivalent_command.of(run.plan)


def test_what_is_chosen_becomes_a_command_line() -> None:
    assert command(QUICK) == "cnn-tui --arch lenet5 --data digits --recipe quick"
    changed = replace(QUICK, device="cpu", fields={"epochs": 7, "lr": 0.1}, data_dir="/data")
    options = "--data-dir /data --epochs 7 --set lr=0.1 --device cpu"
    assert command(changed) == f"cnn-tui --arch lenet5 --data digits --recipe quick {options}"


def test_without_data_on_the_disk_digits_are_the_default() -> None:
    run = NewRun.default("")
    assert (run.arch, run.data) == ("lenet5", "digits")
    assert run.shape == DataShape(1, 32, 10)


def test_what_is_missing_is_said_in_a_sentence() -> None:
    assert "no architecture matches" in str(replace(QUICK, arch="").plan)
    run = replace(QUICK, data=FOLDER)
    assert run.wants_folder
    assert "no folder of images is chosen yet" in str(run.plan)
    assert run.shape == CIFAR10


def test_a_folder_brings_its_own_shape() -> None:
    run = replace(QUICK, data=FOLDER, folder=PETS)
    assert not run.wants_folder
    assert run.shape == PETS.shape
    assert "--data /data/pets" in command(run)
    assert "--data digits" in command(replace(run, data="digits"))


def test_what_says_how_a_data_set_is_understood_stays_with_it() -> None:
    pets = PETS._replace(setting="labels=prefix")
    run = replace(QUICK, data=FOLDER, fields={"epochs": 7}).with_folder(pets)
    elsewhere = run.with_data("mnist")
    assert elsewhere.fields == {"epochs": 7}
    assert elsewhere.with_data("digits").with_data(FOLDER).fields == run.fields
    assert run.with_data(OTHER_FOLDER).with_folder(PETS).fields == {"epochs": 7}


def test_the_batch_of_a_small_folder_is_of_that_folder_alone() -> None:
    run = replace(QUICK, fields={"epochs": 7}).with_folder(PETS._replace(seen=SeenImages(32, 194)))
    assert "--set batch=16" in command(run)
    assert "batch" not in command(run.with_data("cifar10"))


def test_fields_are_judged_without_being_taken() -> None:
    possible = QUICK.draft_with({"epochs": 7})
    assert isinstance(possible, Recipe)
    assert possible.epochs == 7
    assert "epochs = 0 is not possible" in str(QUICK.draft_with({"epochs": 0}))
    assert "--epochs" not in command(QUICK)


def test_a_folder_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(5):
            Image.new("RGB", (40, 40)).save(tmp_path / "pets" / name / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    found = image_folder("pets", QUICK)
    assert (found.path, found.images, found.shape.classes) == (str(tmp_path / "pets"), 10, 2)
    assert found.shape.channels == 3
    with pytest.raises(DataError, match="nowhere does not exist"):
        image_folder("nowhere", QUICK)
    with pytest.raises(DataError, match="not sorted into classes"):
        image_folder(str(tmp_path / "pets" / "cat"), QUICK)


def flat_pets(folder: Path) -> Path:
    """Images of cats and dogs side by side, which only their names tell apart."""
    folder.mkdir()
    for name in ("cat", "dog"):
        for i in range(5):
            Image.new("RGB", (40, 40)).save(folder / f"{name}.{i}.png")
    return folder


def test_a_folder_that_needs_a_setting_is_proposed_those_that_there_are(tmp_path: Path) -> None:
    pets = str(flat_pets(tmp_path / "pets"))
    found = look_into(pets, QUICK)
    assert isinstance(found, Unusable)
    assert found.proposals == (("labels=prefix", ("cat", "dog")),)
    chosen = look_into(pets, QUICK, "labels=prefix")
    assert isinstance(chosen, ImageFolder)
    assert chosen == (pets, 10, DataShape(3, 40, 2), "labels=prefix", SeenImages(40, 8))
    run = replace(QUICK, data=FOLDER).with_folder(chosen)
    assert "--set labels=prefix" in command(run)


def test_a_folder_is_read_with_the_fields_of_the_new_run(tmp_path: Path) -> None:
    pets = str(flat_pets(tmp_path / "pets"))
    with pytest.raises(UndecidedError):
        image_folder(pets, QUICK)
    grey = replace(QUICK, fields={"labels": "prefix", "bands": [2], "size": 64})
    found = image_folder(pets, grey)
    assert found == (pets, 10, DataShape(1, 40, 2), "", SeenImages(40, 8))
    assert look_into("nowhere", grey) == look_into("nowhere", QUICK)


def test_a_column_is_proposed_too(tmp_path: Path) -> None:
    pets = flat_pets(tmp_path / "pets")
    rows = "".join(
        f"{file.name},{i % 2},{i % 3}\n" for i, file in enumerate(sorted(pets.iterdir()))
    )
    (pets / "table.csv").write_text(f"image,sex,age\n{rows}")
    found = look_into(str(pets), QUICK)
    assert isinstance(found, Unusable)
    assert [p.setting for p in found.proposals] == ["labels=column:sex", "labels=column:age"]
    assert found.proposals[1].classes == ("0", "1", "2")


def test_boxes_stand_side_by_side_where_there_is_room() -> None:
    large = box_layout(120, 40, BOXES, "arch")
    assert list(large.titles) == list(BOXES)
    assert (large.stages, large.plan, large.head) == (True, True, True)
    assert large.most_rows == {"runs": 9, "device": 4}
    assert box_layout(80, 24, BOXES, "arch").most_rows == {"runs": 2, "device": 2}
    assert not box_layout(80, 24, BOXES, "arch").stages


def test_a_box_alone_names_the_others_in_its_title() -> None:
    small = box_layout(50, 12, BOXES[1:], "data")
    assert list(small.titles) == ["data"]
    assert cells.text(small.titles["data"]) == " Arch  [Data]  Recipe   Device "
    assert cells.text(box_layout(24, 7, BOXES[1:], "data").titles["data"]) == "Data 2/4"
    assert not box_layout(24, 7, BOXES[1:], "data").plan


def test_the_box_after_the_last_is_the_first() -> None:
    assert neighbour(BOXES, "device", 1) == "runs"
    assert neighbour(BOXES, "runs", -1) == "device"
