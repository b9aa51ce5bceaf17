"""Data sets that a user's own Python makes: FILE.py:FUNCTION."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from engine.data import loading, preparation
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.stored.item_image import image_of
from engine.errors import DataError, EngineError, UsageError
from engine.recipes.recipe import Recipe
from engine.start import data_requests
from engine.start.recipe_resolution import resolve_data, resolve_recipe
from tests.loading import run_to_end
from tests.processes import headless
from tui.cli import viewer_start
from tui.cli.start_command import StartRequest

HEAD = """
import random

import numpy as np
import torch
from PIL import Image
from torch.utils.data import ConcatDataset, Dataset, IterableDataset, Subset, random_split

class Rows(Dataset):
    def __init__(self, count=12, labels=(0, 1)):
        self.labels = [labels[at % len(labels)] for at in range(count)]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return np.full((16, 16, 3), 10 * index % 256, np.uint8), self.labels[index]
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes `own.py` with these lines below a class `Rows`; returns its path."""

    def written(lines: str) -> Path:
        (tmp_path / "own.py").write_text(f"{HEAD}\n{lines}\n")
        return tmp_path / "own.py"

    return written


def found(file: Path, name: str = "make", **fields: Any) -> Inventory:
    return inventory_of(Recipe(data=f"{file}:{name}", **fields))


def sentence(file: Path, name: str = "make") -> str:
    with pytest.raises(EngineError) as caught:
        found(file, name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def labels(inventory: Inventory) -> list[int]:
    return [label for _, label in inventory.train]


def test_a_data_set_holds_out_a_share(write: Write) -> None:
    inventory = found(write("def make():\n    return Rows()"))
    assert (inventory.validates, len(inventory.train), len(inventory.validation)) == (
        "held out",
        10,
        2,
    )
    assert inventory.classes == ("0", "1")


def test_a_pair_is_for_training_and_validation_and_names_the_classes(write: Write) -> None:
    file = write(
        "class Named(Rows):\n    classes = ['cat', 'dog']\n\n"
        "def make():\n    return Named(), Named(4)"
    )
    inventory = found(file)
    assert (inventory.validates, len(inventory.validation)) == ("separate", 4)
    assert inventory.classes == ("cat", "dog")
    assert inventory.validation[3][0].name == "validation/3"


def test_a_class_and_a_data_set_itself_are_taken_too(write: Write) -> None:
    file = write("ready = Rows(8)")
    assert len(found(file, "ready").images) == 8
    assert len(found(file, "Rows").images) == 12


def test_parts_of_data_sets_have_the_labels_of_their_items(write: Write) -> None:
    file = write(
        "def make():\n    return ConcatDataset([Subset(Rows(), [1, 3, 0]), Rows(4)]), Rows(2)"
    )
    assert labels(found(file)) == [1, 1, 0, 0, 1, 0, 1]


IN_ANOTHER_PROCESS = """
import sys
from engine.data.inventory.data_inventory import inventory_of
from engine.recipes.recipe import Recipe
images = inventory_of(Recipe(data=sys.argv[1])).validation
print([image.open().getpixel((0, 0)) for image, _ in images])
"""


def test_a_random_split_is_the_same_in_every_process(write: Write, tmp_path: Path) -> None:
    file = write("def make():\n    return tuple(random_split(Rows(40), [0.8, 0.2]))")
    here = [image.open().getpixel((0, 0)) for image, _ in found(file).validation]
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, f"{file}:make"]
    there = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert there.strip() == str(here)


RANDOM = """
class Noisy(Rows):
    def __getitem__(self, index):
        value = random.randrange(100) + np.random.randint(100) + int(torch.randint(50, ()))
        return np.full((16, 16), value, np.uint8), self.labels[index]

def make():
    return Noisy()
"""


def test_a_random_image_is_always_the_same_and_said_to_be_random(write: Write) -> None:
    inventory = found(write(RANDOM))
    image, _ = inventory.train[0]
    assert image.content() == image.content()
    assert "changes its images at random" in inventory.notes[0]


def test_what_the_data_set_draws_changes_nothing_of_the_program(write: Write) -> None:
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    before = torch.get_rng_state(), str(np.random.get_state()), random.getstate()
    found(write(RANDOM))
    assert torch.get_rng_state().equal(before[0])
    assert str(np.random.get_state()) == before[1]
    assert random.getstate() == before[2]


def test_the_same_images_stream(write: Write) -> None:
    file = write("def make():\n    return Rows(60), Rows(6)")
    recipe = Recipe(data=f"{file}:make")
    recipes = [recipe, msgspec.structs.replace(recipe, loader="streaming")]
    resident, streamed = (run_to_end(loading.load(each))[1] for each in recipes)
    for index in (0, 17, 59):
        one, other = (data.train.one(index) for data in (resident, streamed))
        assert one[0].equal(other[0])
        assert one[1] == other[1]


@pytest.mark.parametrize(
    ("item", "pixel"),
    [
        (Image.new("L", (4, 4), 255), 255),
        (np.full((4, 4), 1.0), 255),
        (np.full((4, 4, 1), 7, np.uint8), 7),
        (np.full((4, 4, 3), 300 % 256, np.int64), (44, 44, 44)),
        (np.full((3, 8, 8), 9, np.uint8), (9, 9, 9)),
        (np.ones((4, 4), bool), 255),
        (torch.full((1, 4, 4), 0.2), 51),
        (torch.full((3, 4, 4), 51, dtype=torch.uint8), (51, 51, 51)),
    ],
)
def test_an_image_may_be_of_pillow_numpy_or_torch(item: Any, pixel: object) -> None:
    assert image_of(item).getpixel((0, 0)) == pixel


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("a/b.jpg", "is of the type str"),
        (torch.zeros(2, 3, 4, 4), "has the shape"),
        (torch.zeros(2, 4, 4), "has the shape"),
        (torch.full((3, 4, 4), -1.5), "values go from -1.5 to -1.5; return values from 0 to 1"),
        (np.full((4, 4), 256), "return values from 0 to 255"),
        (np.full((4, 4), np.nan), "from nan to nan"),
    ],
)
def test_another_image_is_refused(item: Any, words: str) -> None:
    with pytest.raises(ValueError, match="its") as caught:
        image_of(item)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("def make():\n    return None", "own.py:make returns NoneType, and not a data set"),
        ("def make():\n    return Rows(), Rows(), Rows()", "returns a tuple of 3"),
        ("def make():\n    return {'train': Rows()}", "returns dict"),
        ("def make():\n    return 1 / 0", "ZeroDivisionError: division by zero (own.py, line"),
        ("def make():\n    return [(1, 2, 3)] * 9", "an item is of the type tuple"),
        ("def make():\n    return [(Image.new('L', (8, 8)), 'cat')] * 9", "has the label 'cat'"),
        ("def make():\n    return Rows(labels=[0])", "have only the class 0"),
        ("def make():\n    return Rows(), Rows(4, [0, 7])", "(7)"),
        ("def make(folder):\n    return Rows()", "missing 1 required positional argument"),
        ("class Many(IterableDataset):\n    def __iter__(self): ...\nmake = Many", "returns Many"),
    ],
)
def test_what_is_no_such_data_set_is_refused_in_a_sentence(
    lines: str, words: str, write: Write
) -> None:
    assert words in sentence(write(lines))


def test_too_few_classes_say_so(write: Write) -> None:
    assert "0, and a classifier needs two" in sentence(write("make = Rows(labels=[0])"))


def test_a_label_that_changes_makes_the_image_broken(write: Write) -> None:
    image, _ = found(write("def make():\n    return Rows()")).train[0]
    with pytest.raises(ValueError, match="gives it the label 0, and gave 5 before"):
        type(image)(image.maker, 0, 5).open()  # type: ignore[attr-defined,call-arg]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("own.py:mak", "own.py has no mak, it has"),
        ("own.py", "needs the name of the function that returns the data set, it has"),
        ("gone.py:make", "gone.py does not exist"),
    ],
)
def test_a_wrong_name_is_answered_without_running_the_file(
    name: str, words: str, write: Write
) -> None:
    folder = write("raise SystemExit\n\ndef make():\n    return Rows()").parent
    with pytest.raises(UsageError) as caught:
        resolve_data(str(folder / name))
    assert words in str(caught.value)


def test_the_path_becomes_absolute_and_nothing_is_run(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write("raise SystemExit\n\ndef make(): ...").parent)
    recipe = resolve_recipe(None, [], {"data": "own.py:make"}, Path("runs"))
    assert recipe.data == f"{Path.cwd()}/own.py:make"


def test_a_run_keeps_the_code_and_goes_on_with_it(write: Write, tmp_path: Path) -> None:
    file = write("def make():\n    return Rows(20)")
    recipe, kept = Recipe(data=f"{file}:make"), tmp_path / "run" / "data-code"
    preparation.keep_code(recipe, kept, keep=False)
    write("def make():\n    return Rows(30)")
    preparation.keep_code(recipe, kept, keep=True)
    assert len(inventory_of(recipe, kept).images) == 20
    assert len(inventory_of(recipe).images) == 30
    file.unlink()
    assert len(inventory_of(recipe, kept).images) == 20


FAILING = """
class Some(Rows):
    def __getitem__(self, index):
        if {when}:
            raise KeyError("gone")
        return super().__getitem__(index)

def make():
    return Some(400), Rows(8)
"""


def test_items_that_fail_are_broken_images(write: Write) -> None:
    file = write(FAILING.format(when="index == 5"))
    dataset = run_to_end(loading.load(Recipe(data=f"{file}:make")))[1]
    assert any("train/5 ('gone')" in note for note in dataset.notes)


def test_too_many_items_that_fail_end_the_run(write: Write) -> None:
    file = write(FAILING.format(when="index % 2"))
    with pytest.raises(DataError, match="200 of 408 images"):
        run_to_end(loading.load(Recipe(data=f"{file}:make")))


WRONG = """
def make():
    with open(__file__ + ".calls", "a") as file:
        file.write("called ")
    raise ValueError("no such folder")
"""
SAID = r"own\.py fails: ValueError: no such folder \(own\.py, line \d+\); repair the file\."


def calls(file: Path) -> int:
    return file.with_name("own.py.calls").read_text().count("called")


def test_a_mistake_in_the_code_leaves_no_run_and_the_code_runs_once(write: Write) -> None:
    file = write(WRONG)
    process = headless("--no-ui", "-m", "lenet5", "-d", f"{file}:make")
    _, err = process.communicate()
    assert process.returncode == 2
    assert re.fullmatch(f"cnn-tui: {SAID}\n", err)
    assert os.listdir("runs") == [".numbers"]
    assert calls(file) == 1


def test_the_code_is_tried_in_another_process(write: Write) -> None:
    file = write(WRONG)
    with pytest.raises(DataError, match=SAID):
        data_requests.check_own_data(Recipe(data=f"{file}:make"))
    assert calls(file) == 1


@pytest.mark.parametrize(
    ("screen", "dry_run", "gpus", "tried"),
    [(True, False, 1, 1), (False, False, 1, 0), (True, True, 1, 0), (False, False, 2, 1)],
)
def test_only_before_a_viewer_or_several_engines_start_the_code_is_tried(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    *,
    screen: bool,
    dry_run: bool,
    gpus: int,
    tried: int,
) -> None:
    """These keep their run after a mistake."""
    found: list[Recipe] = []
    monkeypatch.setattr(viewer_start, "on_screen", lambda: screen)
    monkeypatch.setattr(data_requests, "check_own_data", found.append)
    data = f"{write(WRONG)}:make"
    request = StartRequest(
        Path("runs"),
        name="",
        resume=None,
        force=False,
        no_ui=False,
        create=False,
        dry_run=dry_run,
        ascii_only=False,
        recipe=None,
        sets=(),
        flags={"arch": "lenet5", "data": data, "gpus": gpus, "device": "cpu"},
    )
    assert request.build_local_recipe().data == data
    assert len(found) == tried


def test_the_preview_shows_its_images(write: Write) -> None:
    file = write("def make():\n    return Rows(40)")
    shown = data_requests.preview(Recipe(data=f"{file}:make")).answer()
    assert len(shown.samples) == 32
