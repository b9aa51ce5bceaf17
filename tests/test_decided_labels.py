"""What decisions on labels leave of a data set, in whatever it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from engine.data.base.dataset import Dataset
from engine.data.inventory import decided_text
from engine.data.inventory.data_inventory import check, inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.loading import load, load_at_once
from engine.errors import DataError, UsageError
from engine.recipes.recipe import Recipe
from engine.run import label_decisions
from engine.run.label_decisions import Decisions, Relabel
from tests import containers
from tests.containers import CONTAINERS
from tests.loading import pixels


def decisions(folder: Path, decided: Decisions) -> str:
    file = folder / "labels.toml"
    file.write_bytes(label_decisions.to_toml(decided))
    return str(file)


def pictures(folder: Path, splits: str = "train val") -> Path:
    for split in splits.split():
        for name in ("cat", "dog", "emu"):
            for at in range(4):
                file = folder / "set" / split / name / f"{at}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.new("L", (16, 16), 10 * at).save(file)
    return folder / "set"


def found(folder: Path, decided: Decisions, **fields: Any) -> Inventory:
    data = folder / "set" if (folder / "set").exists() else pictures(folder)
    recipe = Recipe(data=str(data), decisions=decisions(folder, decided), **fields)
    check(recipe)
    return inventory_of(recipe)


def listed(inventory: Inventory, split: str = "train") -> dict[str, str]:
    images = getattr(inventory, split)
    return {image.name: inventory.classes[label] for image, label in images}


def counted(data: Inventory | Dataset) -> str:
    assert data.decided is not None
    return decided_text.decided("l.toml", data.decided)


def test_training_images_are_dropped_and_relabelled(tmp_path: Path) -> None:
    before = found(tmp_path, {})
    after = found(
        tmp_path,
        {
            "train/cat/1.png": "drop",
            "train/cat/2.png": Relabel("dog"),
            "train/dog/0.png": Relabel("dog"),
            "train/emu/0.png": "keep",
        },
    )
    expected = {**listed(before), "train/cat/2.png": "dog"}
    del expected["train/cat/1.png"]
    assert list(listed(after).items()) == list(expected.items())
    assert (after.validation, after.classes) == (before.validation, before.classes)
    assert counted(before) == "l.toml: 0 dropped, 0 relabelled, 0 kept"
    assert counted(after) == "l.toml: 1 dropped, 1 relabelled, 2 kept"


def test_validation_and_test_images_change_only_where_they_are_named(tmp_path: Path) -> None:
    pictures(tmp_path, "train val test")
    named: Decisions = {"val/cat/0.png": "drop", "test/emu/1.png": Relabel("cat")}
    before, after = found(tmp_path, {}), found(tmp_path, named)
    assert listed(before) == listed(after)
    assert listed(before, "validation") == {
        "val/cat/0.png": "cat",
        **listed(after, "validation"),
    }
    assert listed(after, "test") == {**listed(before, "test"), "test/emu/1.png": "cat"}
    assert counted(after) == (
        "l.toml: 0 dropped, 0 relabelled, 0 kept; of the validation images 1 dropped, "
        "0 relabelled, 0 kept; of the test images 0 dropped, 1 relabelled, 0 kept"
    )


@pytest.mark.parametrize("holdout", [0.0, 0.4])
def test_decisions_change_no_choice_of_the_images_that_are_held_out(
    holdout: float, tmp_path: Path
) -> None:
    """With other counts of a class, others would be held out."""
    pictures(tmp_path, ".")
    before = found(tmp_path, {}, holdout=holdout)
    trained = [name for name in listed(before) if name.startswith("cat")]
    decided: Decisions = {name: Relabel("dog") for name in trained[:-1]}
    decided[next(name for name in listed(before) if name.startswith("emu"))] = "drop"
    after = found(tmp_path, decided, holdout=holdout)
    assert after.validation == before.validation
    assert len(after.train) == len(before.train) - 1


@pytest.mark.parametrize(
    ("decided", "sentence"),
    [
        (
            {"train/cat/9.png": "drop"},
            "name images that the data does not have (train/cat/9.png): take their lines out of "
            "the file, or name them as train/cat/0.png.",
        ),
        ({"train/Cat/2.png": "drop"}, "(train/Cat/2.png): did you mean train/cat/2.png?"),
        ({"set/train/cat/2.png": "drop"}, "did you mean train/cat/2.png?"),
        ({"emu/3.png": "drop", "zebra.png": "drop"}, "did you mean train/emu/3.png?"),
        ({"9.png": "drop"}, "labels.toml name images that the data does not have (9.png): take"),
        ({"train/cat/1.png": Relabel("dogs")}, "labels.toml give train/cat/1.png the class dogs"),
        (
            {"train/cat/1.png": Relabel("dogs")},
            "give train/cat/1.png the class dogs, which the data does not have: did you mean dog?",
        ),
        (
            {"train/cat/1.png": Relabel("x")},
            "which the data does not have: the classes are cat, dog, emu.",
        ),
        (
            {f"train/cat/{at}.png": "drop" for at in range(4)},
            "leave no training image of some classes (cat): keep some of them",
        ),
        (
            {f"val/{name}/{at}.png": "drop" for name in ("cat", "dog", "emu") for at in range(4)},
            "leave no validation image",
        ),
        (
            {f"train/{name}/{at}.png": "drop" for name in ("cat", "dog") for at in range(3)}
            | {"train/emu/1.png": "drop"},
            "set holds 5 readable training images: add more",
        ),
    ],
)
def test_what_cannot_be_decided_is_refused(
    decided: Decisions, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as refused:
        found(tmp_path, decided)
    assert sentence in str(refused.value)


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.toml cannot be read: No such file"):
        inventory_of(Recipe(data=str(pictures(tmp_path)), decisions=str(tmp_path / "gone.toml")))


@pytest.mark.parametrize("container", CONTAINERS)
def test_images_have_names_in_each_container(container: str, tmp_path: Path) -> None:
    data = str(CONTAINERS[container](tmp_path, containers.small_set()))
    before = listed(inventory_of(Recipe(data=data)))
    first, second, *_ = before
    toml = decisions(tmp_path, {first: "drop", second: Relabel("2")})
    after = listed(inventory_of(Recipe(data=data, decisions=toml)))
    assert (before[second], after[second]) == ("0", "2")
    assert before == {first: "0", **after, second: "0"}


def digits(folder: Path, decided: Decisions, **fields: Any) -> Any:
    return load_at_once(load(Recipe(decisions=decisions(folder, decided), **fields)))


def test_a_published_set_names_its_images_by_part_and_number(tmp_path: Path) -> None:
    before = digits(tmp_path, {})
    label = int(before.train.labels[7])
    other = before.classes[(label + 1) % 10]
    after = digits(tmp_path, {"train/5": "drop", "train/7": Relabel(other)})
    assert torch.equal(pixels(after.train)[5:], pixels(before.train)[6:])
    assert int(after.train.labels[6]) == (label + 1) % 10
    assert after.train.one(6).name == "train/7", "a name stays where the numbers shift"
    assert after.validation.one(2).name == "validation/2"
    assert torch.equal(pixels(after.validation), pixels(before.validation))
    assert after.mean != before.mean
    assert counted(after) == "l.toml: 1 dropped, 1 relabelled, 0 kept"
    with pytest.raises(DataError, match=r"does not have \(5\): did you mean train/5\?"):
        digits(tmp_path, {"5": "drop"})


def test_a_name_of_a_published_set_does_not_depend_on_what_is_held_out(tmp_path: Path) -> None:
    before = digits(tmp_path, {}, holdout=0.2)
    held, trained = before.validation.one(0).name, before.train.one(0).name
    after = digits(tmp_path, {held: "drop", trained: "drop", "validation/0": "drop"}, holdout=0.2)
    assert held.startswith("train/")
    for split in ("train", "validation", "test"):
        one, two = getattr(before, split), getattr(after, split)
        assert torch.equal(pixels(one)[1:], pixels(two)), split
        assert one.one(5).name == two.one(4).name
