"""Data sets: the embedded digits, CIFAR-10's files, folders as found on disk."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from engine import catalog
from engine.data import cifar10, digits
from engine.data.dataset import Dataset, channel_statistics, check_memory
from engine.data.folder import scan
from engine.data.loading import LOADERS, load
from engine.errors import DataError
from engine.recipe import Recipe
from tests.loading import finished


def loaded(recipe: Recipe) -> Dataset:
    fractions, data = finished(load(recipe))
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    return data


def test_every_set_of_the_catalogue_has_a_loader() -> None:
    assert LOADERS.keys() == catalog.DATA.keys()


# Digits


def test_digits_are_those_of_the_catalogue() -> None:
    data, facts = loaded(Recipe()), catalog.DATA["digits"]
    assert data.classes == facts.classes
    assert data.train.pixels.shape == (facts.train_images, facts.channels, 32, 32)
    assert data.validation.pixels.shape == (facts.test_images, facts.channels, 32, 32)
    assert data.train.pixels.dtype == torch.uint8
    assert not data.validation_is_test
    assert not data.notes


def test_every_fifth_digit_of_a_class_validates() -> None:
    labels = torch.tensor([0] * 6 + [1] * 5 + [0] * 4)
    assert digits.held_out(labels).nonzero().flatten().tolist() == [4, 10, 14]


def test_digits_are_enlarged_smoothly_to_the_whole_range() -> None:
    values = torch.zeros(1, 1, 8, 8)
    values[..., 4:] = 16
    row = digits.enlarged(values, 32)[0, 0, 7]
    assert row.tolist() == [0] * 14 + [32, 96, 159, 223] + [255] * 14


def test_digits_come_in_the_size_asked_for() -> None:
    assert loaded(Recipe(size=28)).train.pixels.shape[2:] == (28, 28)


# CIFAR-10


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CIFAR-10 of four images a file, with the checksums to fit.

    Their values are 4 · row + 2 · column + 10 · channel + the number of the file.
    """
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    checksums = {}
    channel, row, column = np.indices((3, 32, 32))
    values = (4 * row + 2 * column + 10 * channel).astype(np.uint8).reshape(1, -1)
    for number, name in enumerate(cifar10.FILES):
        pixels = values.repeat(4, axis=0) + np.uint8(number)
        content = pickle.dumps({"data": pixels, "labels": [number, 1, 2, 3]})
        (folder / name).write_bytes(content)
        checksums[name] = hashlib.md5(content).hexdigest()
    monkeypatch.setattr(cifar10, "FILES", checksums)
    return folder


def test_cifar10_is_found_and_its_last_file_validates(cifar: Path) -> None:
    data = loaded(Recipe(data="cifar10"))
    assert data.train.pixels.shape == (20, 3, 32, 32)
    assert data.validation.pixels.shape == (4, 3, 32, 32)
    assert data.train.labels.tolist() == [
        0,
        1,
        2,
        3,
        1,
        1,
        2,
        3,
        2,
        1,
        2,
        3,
        3,
        1,
        2,
        3,
        4,
        1,
        2,
        3,
    ]
    assert data.validation.labels.tolist() == [5, 1, 2, 3]
    assert data.train.pixels[7, 2, 5, 3] == 20 + 6 + 20 + 1
    assert data.validation.pixels[0, 0, 0, 0] == 5
    assert data.validation_is_test


def test_cifar10_is_resized(cifar: Path) -> None:
    data = loaded(Recipe(data="cifar10", data_dir=str(cifar.parent), size=16))
    assert data.train.pixels.shape == (20, 3, 16, 16)
    # Where the slope is even, an average of four neighbours is the value between them.
    assert data.train.pixels[0, 0, 5, 2] == 4 * 10.5 + 2 * 4.5


def test_cifar10_that_is_nowhere_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not on this disk .*/nowhere.*--data-dir"):
        loaded(Recipe(data="cifar10", data_dir=str(tmp_path / "nowhere")))


def test_cifar10_with_another_checksum_is_not_unpickled(cifar: Path) -> None:
    (cifar / "data_batch_2").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    with pytest.raises(DataError, match=r"damaged .*data_batch_2: its checksum is wrong"):
        loaded(Recipe(data="cifar10"))


def test_cifar10_without_one_file_is_damaged(cifar: Path) -> None:
    (cifar / "test_batch").unlink()
    with pytest.raises(DataError, match=r"damaged .*test_batch: No such file"):
        loaded(Recipe(data="cifar10"))


# Folders


def tree(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def names(files: list[tuple[Path, int]]) -> list[tuple[str, int]]:
    return [(file.name, label) for file, label in files]


@pytest.mark.parametrize(
    ("split", "is_test"),
    [("val", False), ("validation", False), ("valid", False), ("test", True)],
)
def test_folder_with_splits(tmp_path: Path, split: str, is_test: bool) -> None:
    train = [f"train/{name}/{i}.png" for name in ("owl", "emu") for i in range(2)]
    found = scan(tree(tmp_path, *train, f"{split}/owl/7.JPG"))
    assert found.classes == ("emu", "owl")
    assert names(found.train) == [("0.png", 0), ("1.png", 0), ("0.png", 1), ("1.png", 1)]
    assert found.train[0][0] == tmp_path / "train/emu/0.png"
    assert names(found.validation) == [("7.JPG", 1)]
    assert found.validation_is_test is is_test


def test_folder_with_val_and_test_validates_on_val(tmp_path: Path) -> None:
    train = [f"train/{name}/{i}.png" for name in "ab" for i in range(2)]
    found = scan(tree(tmp_path, *train, "test/a/t.png", "val/a/v.png"))
    assert names(found.validation) == [("v.png", 0)]
    assert not found.validation_is_test


@pytest.mark.parametrize("below", ["", "train/"])
def test_folder_without_a_split_holds_out_a_fifth_of_each_class(tmp_path: Path, below: str) -> None:
    files = [f"{below}a/{i:02}.png" for i in range(20)] + [f"{below}b/{i}.png" for i in range(4)]
    found = scan(tree(tmp_path, *files), seed=3)
    assert [label for _, label in found.validation] == [0, 0, 0, 0, 1]
    assert sorted(found.train + found.validation) == sorted(
        (tmp_path / file, int("b/" in file)) for file in files
    )
    assert found == scan(tmp_path, seed=3)
    assert found.validation != scan(tmp_path, seed=4).validation


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    files = [f"{name}/{i}.png" for name in ("bus", "train") for i in range(5)]
    assert scan(tree(tmp_path, *files)).classes == ("bus", "train")


def test_what_is_hidden_or_no_image_is_passed_over(tmp_path: Path) -> None:
    images = [f"{name}/{i}.webp" for name in "ab" for i in range(5)]
    found = scan(tree(tmp_path, *images, "a/.5.png", ".c/0.png", "d/notes.txt", "e/f/0.png"))
    assert found.classes == ("a", "b")
    assert len(found.train + found.validation) == 10


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ((), "holds no images"),
        (("a/notes.txt", "b/c/0.png"), "holds no images"),
        (("a/0.png", "a/1.png"), "holds only the class 'a'"),
        (("a/0.png", "b/0.png"), "holds 2 readable training images"),
        (("train/a/0.png", "train/b/0.png", "val/c/0.png"), "does not: c; rename"),
        (("train/a/0.png", "train/b/0.png", "val/0.png"), "val holds no images"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path: Path, files: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        scan(tree(tmp_path, *files))


def test_folder_that_is_missing_or_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        scan(tmp_path / "none")
    with pytest.raises(DataError, match="cannot be read: Not a directory"):
        scan(tree(tmp_path, "file") / "file")


def test_scanning_loads_no_torch() -> None:
    code = "import sys, engine.data.folder; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Statistics and memory


def test_statistics_are_those_of_the_pixels_in_0_to_1() -> None:
    pixels = torch.randint(0, 256, (50, 3, 8, 8), generator=torch.Generator().manual_seed(0))
    mean, std = channel_statistics(pixels.to(torch.uint8))
    assert mean == pytest.approx((pixels / 255).mean((0, 2, 3)).tolist(), rel=1e-5)
    expected = (pixels / 255).std((0, 2, 3), correction=0)
    assert std == pytest.approx(expected.tolist(), rel=1e-4)


def test_a_constant_channel_has_a_deviation_to_divide_by() -> None:
    mean, std = channel_statistics(torch.full((9, 1, 4, 4), 255, dtype=torch.uint8))
    assert mean == (1.0,)
    assert std == pytest.approx((1 / 255,))


def test_a_set_larger_than_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(available=3 * 32 * 32 * 100)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    check_memory(100, 3, 32)
    with pytest.raises(DataError, match="101 images need 310 kB of memory and 307 kB are free"):
        check_memory(101, 3, 32)
