"""Data sets of torchvision: their splits, labels and classes, and what is said of others."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
import torch
import torchvision.datasets
from torchvision.datasets.utils import verify_str_arg

from engine.data import loading
from engine.data.base.batch import RawBatch
from engine.data.inventory import data_inventory
from engine.data.inventory.containers import item_sets, torchvision_names
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.loaders import loader_choice
from engine.data.stored.image_file import ImageFile
from engine.data.stored.set_item import SetItem
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError, EngineError, UsageError
from engine.recipes.recipe import Recipe
from tests import published_sets
from tests.forked_engines import ForkServer
from tests.loading import run_to_end
from tests.small_arrays import grey
from tests.test_same_images import train

CPU = torch.device("cpu")
COUNT = published_sets.COUNT


def found(name: str, root: Path, **fields: Any) -> Inventory:
    return inventory_of(Recipe(data=f"torchvision/{name}", data_dir=str(root), **fields))


def sentence(name: str, root: Path) -> str:
    with pytest.raises(EngineError) as caught:
        found(name, root)
    return str(caught.value)


def labels(images: LabelledImages) -> list[int]:
    return [label for _, label in images]


# Stubs: a class for each form of signature.


class Stub:
    """A data set of a few items in memory, whose files are there below a root with a mark."""

    classes = ("cat", "dog")
    mark = "mark"

    def put(self, root: object, count: int) -> None:
        if not (Path(str(root)) / self.mark).exists():
            raise RuntimeError("Dataset not found. You can use download=True to download it")
        self.targets = [index % 2 for index in range(count)]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return grey()[index], self.targets[index]


class TakesTrain(Stub):
    def __init__(self, root: str, train: bool = True, download: bool = False) -> None:
        self.put(root, 8 if train else 4)


class TakesSplit(Stub):
    values: tuple[str, ...] = ("train", "val", "test")
    counts = (8, 4, 2)

    def __init__(self, root: str, split: str = "train", download: bool = False) -> None:
        verify_str_arg(split, "split", self.values)
        self.put(root, self.counts[self.values.index(split)])


class NamesItValid(TakesSplit):
    values = ("train", "valid", "test")


class HasTrainval(TakesSplit):
    values = ("trainval", "test", "other")


class HasExtra(TakesSplit):
    values = ("train", "test", "extra")


class NoSplit(Stub):
    def __init__(self, root: str, transform: object = None) -> None:
        self.put(root, 10)


class DownloadsByDefault(NoSplit):
    def __init__(self, root: str, transform: object = None, download: bool = True) -> None:
        assert not download
        super().__init__(root)


class PassesOn(TakesTrain):
    def __init__(self, root: str, **kwargs: Any) -> None:
        super().__init__(root, **kwargs)


STUBS: list[tuple[type[Stub], tuple[str, tuple[int, int, int]]]] = [
    (TakesTrain, ("test", (8, 4, 0))),
    (PassesOn, ("test", (8, 4, 0))),
    (TakesSplit, ("separate", (8, 4, 2))),
    (NamesItValid, ("separate", (8, 4, 2))),
    (HasTrainval, ("test", (8, 4, 0))),
    (HasExtra, ("test", (8, 4, 0))),
    (NoSplit, ("held out", (8, 2, 0))),
    (DownloadsByDefault, ("held out", (8, 2, 0))),
]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Stub]], str]:
    """Makes a class one of torchvision's; returns its name."""

    def add(made_by: type[Stub]) -> str:
        monkeypatch.setattr(torchvision.datasets, made_by.__name__, made_by, raising=False)
        return made_by.__name__

    return add


@pytest.mark.parametrize(
    ("made_by", "expected"), STUBS, ids=lambda each: getattr(each, "__name__", "")
)
def test_the_splits_are_those_that_a_class_takes(
    made_by: type[Stub],
    expected: tuple[str, tuple[int, int, int]],
    stub: Callable[[type[Stub]], str],
    tmp_path: Path,
) -> None:
    (tmp_path / "mark").touch()
    inventory = found(stub(made_by), tmp_path)
    counts = (len(inventory.train), len(inventory.validation), len(inventory.test))
    assert (inventory.validates, counts) == expected
    assert inventory.classes == ("cat", "dog")


class Unlisted(TakesTrain):
    """Its labels are in no attribute."""

    def put(self, root: object, count: int) -> None:
        super().put(root, count)
        self.hidden, self.targets = self.targets, [0] * count

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return grey()[index], self.hidden[index]


def test_a_list_of_labels_counts_only_where_it_has_those_of_the_items(
    stub: Callable[[type[Stub]], str], tmp_path: Path
) -> None:
    (tmp_path / "mark").touch()
    assert labels(found(stub(Unlisted), tmp_path).train) == [0, 1] * 4


class NeedsScipy(TakesTrain):
    def __init__(self, root: str, train: bool = True) -> None:
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")


class NeedsH5py(TakesTrain):
    def __init__(self, root: str, train: bool = True) -> None:
        raise RuntimeError("h5py is not found. Please run pip install h5py")


@pytest.mark.parametrize(("made_by", "package"), [(NeedsScipy, "scipy"), (NeedsH5py, "h5py")])
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    made_by: type[Stub], package: str, stub: Callable[[type[Stub]], str], tmp_path: Path
) -> None:
    said = sentence(stub(made_by), tmp_path)
    assert f"needs the package {package}, which is not installed: type `" in said
    assert said.endswith(f"{sys.executable} -m pip install {package}`.")


class Damaged(TakesTrain):
    def __init__(self, root: str, train: bool = True) -> None:
        json.loads("{")


def test_damaged_files_are_told_from_missing_ones(
    stub: Callable[[type[Stub]], str], tmp_path: Path
) -> None:
    assert f"cannot read Damaged below {tmp_path}" in sentence(stub(Damaged), tmp_path)


class Downloads(TakesTrain):
    def __init__(self, root: str, train: bool = True, download: bool = False) -> None:
        if download:
            (Path(root) / self.mark).touch()
        super().__init__(root, train)


class Manual(TakesTrain):
    def __init__(self, root: str, train: bool = True, download: bool = False) -> None:
        if download:
            raise RuntimeError("the archive has to be downloaded by hand")
        super().__init__(root, train)


def test_torchvision_downloads_what_no_data_folder_has(
    stub: Callable[[type[Stub]], str], tmp_path: Path
) -> None:
    recipe = Recipe(data=f"torchvision/{stub(Downloads)}", data_dir=str(tmp_path / "new"))
    assert not item_sets.is_here(recipe)
    item_sets.fetch(recipe)
    assert item_sets.is_here(recipe)
    assert len(inventory_of(recipe).train) == 8


def test_a_download_that_fails_says_where_to_put_the_files(
    stub: Callable[[type[Stub]], str], tmp_path: Path
) -> None:
    recipe = Recipe(data=f"torchvision/{stub(Manual)}", data_dir=str(tmp_path / "new"))
    with pytest.raises(DataError, match="downloaded by hand") as caught:
        item_sets.fetch(recipe)
    assert f"below {tmp_path / 'new'}" in str(caught.value)


# The real classes, on small files in their layouts.


def test_kmnist_has_its_splits(tmp_path: Path) -> None:
    published_sets.mnist_like(tmp_path)
    inventory = found("KMNIST", tmp_path)
    assert (len(inventory.train), inventory.validates) == (COUNT, "test")
    image, _ = inventory.train[3]
    assert isinstance(image, SetItem)
    assert image.open().size == (28, 28)


def test_emnist_needs_a_split_and_has_a_class_that_no_letter_belongs_to(tmp_path: Path) -> None:
    published_sets.mnist_like(tmp_path, "EMNIST", "emnist-letters-", first=1)
    inventory = found("EMNIST:letters", tmp_path)
    assert inventory.classes == ("a", "b")
    assert labels(inventory.train) == [0, 1] * 4


def test_usps_says_by_an_error_of_its_own_that_it_is_missing(tmp_path: Path) -> None:
    assert "USPS is not on this disk" in sentence("USPS", tmp_path)
    published_sets.usps(tmp_path)
    assert found("USPS", tmp_path).classes[0].startswith("0")


def test_a_search_leaves_no_folder(tmp_path: Path) -> None:
    assert "Caltech256 is not on this disk" in sentence("Caltech256", tmp_path)
    assert not any(tmp_path.iterdir())


def test_stl10_is_read_without_its_unlabelled_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision.datasets.STL10, "_check_integrity", lambda self: True)
    published_sets.stl10(tmp_path)
    inventory = found("STL10", tmp_path)
    assert (inventory.classes, len(inventory.validation)) == (("airplane", "bird"), COUNT)


def test_gtsrb_has_the_labels_of_its_test_images_in_a_table(tmp_path: Path) -> None:
    published_sets.gtsrb(tmp_path)
    inventory = found("GTSRB", tmp_path)
    assert labels(inventory.validation) == [0, 1] * 4
    assert inventory.classes == ("0", "1")


def test_dtd_has_three_splits_and_partitions_in_their_order(tmp_path: Path) -> None:
    published_sets.dtd(tmp_path)
    inventory = found("DTD:2", tmp_path)
    assert (len(inventory.train), len(inventory.validation), len(inventory.test)) == (4, 4, 4)
    image, label = inventory.train[0]
    assert (image.name, label) == ("dtd/dtd/images/dotted/0003.jpg", 1)


def test_images_in_files_are_read_from_these_without_torch(tmp_path: Path) -> None:
    published_sets.eurosat(tmp_path)
    inventory = found("EuroSAT", tmp_path)
    assert (inventory.validates, inventory.classes) == ("held out", ("Forest", "River"))
    assert all(isinstance(image, ImageFile) for image, _ in inventory.images)


def test_pets_are_classes_or_cats_and_dogs(tmp_path: Path) -> None:
    published_sets.pets(tmp_path)
    assert found("OxfordIIITPet", tmp_path).classes == ("Abyssinian", "Beagle")
    assert len(found("OxfordIIITPet:category", tmp_path).validation) == COUNT


def test_food101_has_its_classes_in_the_order_of_names(tmp_path: Path) -> None:
    published_sets.food101(tmp_path)
    inventory = found("Food101", tmp_path)
    assert inventory.classes == ("apple_pie", "sushi")
    assert inventory.train[0][0].name == "food-101/images/sushi/0.jpg"


def test_caltech101_is_without_its_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It imports SciPy at each item, which only its outlines need."""
    monkeypatch.setitem(sys.modules, "scipy", ModuleType("scipy"))
    monkeypatch.setitem(sys.modules, "scipy.io", ModuleType("scipy.io"))
    published_sets.caltech101(tmp_path)
    inventory = found("Caltech101", tmp_path)
    assert (inventory.classes, len(inventory.images)) == (("ant", "beaver"), 8)


def test_of_the_names_of_an_imagenette_class_the_first_is_shown(tmp_path: Path) -> None:
    published_sets.imagenette(tmp_path)
    inventory = found("Imagenette", tmp_path)
    assert inventory.classes == ("tench", "English springer")
    assert inventory.validates == "separate"


def test_fake_data_need_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer_and_smaller = (200, (3, 8, 8), 10, None, None, 0)
    monkeypatch.setattr(torchvision.datasets.FakeData.__init__, "__defaults__", fewer_and_smaller)
    assert len(found("FakeData", tmp_path).classes) == 10


def test_both_loaders_give_the_same_batches_also_from_the_middle_of_an_epoch(
    tmp_path: Path,
) -> None:
    published_sets.mnist_like(tmp_path, count=60)

    def batches(loader: Literal["resident", "streaming"]) -> list[RawBatch]:
        recipe = Recipe(
            data="torchvision/KMNIST", data_dir=str(tmp_path), loader=loader, batch=16, threads=1
        )
        data = run_to_end(loading.load(recipe))[1]
        opened = loader_choice.loader(recipe, data, CPU, torch.contiguous_format)
        with contextlib.closing(opened):
            return [*opened.raw_batches(2, first=1)]

    expected, found = batches("resident"), batches("streaming")
    assert [batch.step for batch in found] == [1, 2]
    for one, other in zip(expected, found, strict=True):
        assert all(map(torch.equal, one[:3], other[:3]))


def test_a_run_resumes_bit_for_bit(fork_server: ForkServer, tmp_path: Path) -> None:
    published_sets.mnist_like(tmp_path, count=240)
    chosen: dict[str, Any] = {"data": "torchvision/KMNIST", "data_dir": str(tmp_path)}
    expected = train(fork_server, tmp_path / "runs", **chosen)
    found = train(fork_server, tmp_path / "runs", killed=True, **chosen)
    assert all(found[name].equal(expected[name]) for name in expected)


# What is said without torch.


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "VOCDetection",
            "holds images with boxes, and a classifier needs one class for each image",
        ),
        ("Kinetics", "holds videos"),
        ("flowers102", "type --data torchvision/Flowers102"),
        ("Food10", "type --data torchvision/Food101"),
        ("EMNIST:letter", "it has balanced, byclass, bymerge and 3 more"),
        ("KMNIST:x", "has no variants"),
    ],
)
def test_a_name_that_does_not_work_is_answered_by_those_that_do(name: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        data_inventory.check(Recipe(data=f"torchvision/{name}"))
    assert words in str(caught.value)
    assert str(caught.value).count(". ") == 0


def test_every_data_set_of_torchvision_is_one_that_works_or_is_refused() -> None:
    known = {*torchvision_names.classifying()}
    other = {*torchvision_names.OTHER_TASKS, *torchvision_names.GENERIC}
    assert known | other == {*torchvision.datasets.__all__}
    assert {"Flowers102", "Food101", "STL10", "GTSRB", "DTD", "EuroSAT", "PCAM"} <= known


def test_the_check_of_a_name_loads_no_torch() -> None:
    code = (
        "import sys; from engine.start.recipe_resolution import resolve_recipe; from pathlib import"
        " Path; resolve_recipe(None, [], {'data': 'torchvision/Food101'}, Path('runs'));"
        " sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_variants_are_those_that_torchvision_knows() -> None:
    for name in torchvision_names.VARIANTS:
        assert hasattr(torchvision.datasets, name)
    assert {*torchvision_names.VARIANTS["EMNIST"][1]} == {*torchvision.datasets.EMNIST.splits}
