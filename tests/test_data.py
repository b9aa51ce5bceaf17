"""Data sets: the embedded digits, published files of the catalogue, folders as found on disk."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt
import psutil
import pytest
import torch

from engine.catalog import datasets
from engine.data import preparation
from engine.data.base.dataset import Dataset, Images, channel_statistics, check_memory
from engine.data.inventory import inventory_text
from engine.data.inventory.decided_text import Decided, DecidedCounts
from engine.data.loading import PUBLISHED, load
from engine.data.sets import cifar, digits, idx, mat
from engine.data.sets.holdout import draw_held_out, split_held_out
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError, UsageError
from engine.machine import memory
from engine.protocol.events import DECIDED, Alert
from engine.recipes.recipe import Recipe, Resolved
from tests.loading import check, path_of, pixels, run_to_end, scan


def loaded(recipe: Recipe) -> Dataset:
    fractions, data = run_to_end(load(recipe))
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    return data


def test_every_set_of_the_catalogue_has_a_loader() -> None:
    assert PUBLISHED.keys() == datasets.DATASETS.keys()


def test_published_sets_cannot_be_streamed() -> None:
    with pytest.raises(UsageError, match="digits is not a folder of images"):
        loaded(Recipe(loader="streaming"))


# Digits


def test_digits_are_those_of_the_catalogue() -> None:
    data, facts = loaded(Recipe()), datasets.DATASETS["digits"]
    assert data.classes == facts.classes
    assert pixels(data.train).shape == (facts.train_images, facts.channels, 32, 32)
    assert pixels(data.validation).shape == (facts.test_images, facts.channels, 32, 32)
    assert pixels(data.train).dtype == torch.uint8
    assert (data.validates, data.test, data.notes) == ("held out", None, ())
    assert sum(data.class_counts) == facts.train_images


def test_every_fifth_digit_of_a_class_does_not_train() -> None:
    labels = torch.tensor([0] * 6 + [1] * 5 + [0] * 4)
    assert digits.held_out(labels).nonzero().flatten().tolist() == [4, 10, 14]


def test_digits_are_enlarged_smoothly_to_the_whole_range() -> None:
    values = torch.zeros(1, 1, 8, 8)
    values[..., 4:] = 16
    row = digits.enlarged(values, 32)[0, 0, 7]
    assert row.tolist() == [0] * 14 + [32, 96, 159, 223] + [255] * 14


def test_digits_come_in_the_size_asked_for() -> None:
    assert loaded(Recipe(size=28)).train.shape == (1, 28, 28)


# A share held out


def test_a_share_of_each_class_is_held_out_by_the_seed() -> None:
    labels = torch.tensor([0, 1, 2, 1, 0] * 20 + [3, 4, 4])
    out = draw_held_out(labels, 0.3, seed=1)
    assert labels[out].bincount().tolist() == [12, 12, 6, 0, 1]
    assert torch.equal(out, draw_held_out(labels, 0.3, seed=1))
    assert not torch.equal(out, draw_held_out(labels, 0.3, seed=2))


@pytest.mark.parametrize(("share", "count"), [(0.29, 29), (0.01, 1), (0.001, 1), (0.999, 99)])
def test_one_at_least_is_held_out_and_never_all(share: float, count: int) -> None:
    assert int(draw_held_out(torch.zeros(100, dtype=torch.int64), share, 0).sum()) == count


def test_what_trains_and_what_is_held_out_are_all_images() -> None:
    images = Images(torch.arange(40).view(40, 1, 1, 1).to(torch.uint8), torch.arange(40) % 4)
    train, held = split_held_out(images, 0.25, 0)
    assert torch.equal(torch.cat([train.labels, held.labels]).sort().values, torch.arange(40) // 10)
    for part in (train, held):
        assert torch.equal(part.pixels.flatten() % 4, part.labels)


def test_with_a_holdout_the_other_split_is_for_the_end() -> None:
    plain, data = loaded(Recipe()), loaded(Recipe(holdout=0.1))
    assert data.validates == "held out"
    assert data.test is not None
    assert torch.equal(pixels(data.test), pixels(plain.validation))
    assert len(data.train) + len(data.validation) == len(plain.train)
    assert len(data.validation) == sum(count // 10 for count in plain.class_counts)
    assert data.mean != plain.mean, "what is held out is not looked at"


# CIFAR


@pytest.fixture
def cifar_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both sets with four images a file, and the checksums to fit.

    Their values are 4 · row + 2 · column + 10 · channel + the number of the file.
    """
    channel, row, column = np.indices((3, 32, 32))
    values = (4 * row + 2 * column + 10 * channel).astype(np.uint8).reshape(1, -1)
    files: dict[str, dict[str, str]] = {}
    for key, labels in (("cifar10", "labels"), ("cifar100", "fine_labels")):
        folder = tmp_path / "data" / datasets.DATASETS[key].folder
        folder.mkdir(parents=True)
        files[key] = {}
        for number, name in enumerate(cifar.FILES[key]):
            table = {"data": values.repeat(4, axis=0) + np.uint8(number)}
            content = pickle.dumps({**table, labels: [number, 1, 2, 3], "coarse_labels": []})
            (folder / name).write_bytes(content)
            files[key][name] = hashlib.md5(content).hexdigest()
    monkeypatch.setattr(cifar, "FILES", files)
    return tmp_path / "data"


def test_cifar10_is_found_and_its_last_file_validates(cifar_files: Path) -> None:
    data = loaded(Recipe(data="cifar10"))
    assert pixels(data.train).shape == (20, 3, 32, 32)
    assert pixels(data.validation).shape == (4, 3, 32, 32)
    assert data.train.labels.tolist() == [x for file in range(5) for x in (file, 1, 2, 3)]
    assert data.validation.labels.tolist() == [5, 1, 2, 3]
    assert data.class_counts == (1, 6, 6, 6, 1, 0, 0, 0, 0, 0)
    assert pixels(data.train)[7, 2, 5, 3] == 20 + 6 + 20 + 1
    assert pixels(data.validation)[0, 0, 0, 0] == 5
    assert data.validates == "test"


def test_cifar10_holds_out_a_share_and_keeps_its_test_split(cifar_files: Path) -> None:
    data = loaded(Recipe(data="cifar10", holdout=0.5))
    assert (len(data.train), len(data.validation)) == (11, 9)
    assert data.validates == "held out"
    assert data.test is not None
    assert data.test.labels.tolist() == [5, 1, 2, 3]


def test_cifar100_has_the_fine_labels(cifar_files: Path) -> None:
    data = loaded(Recipe(data="cifar100"))
    assert data.train.labels.tolist() == [0, 1, 2, 3]
    assert data.validation.labels.tolist() == [1, 1, 2, 3]
    assert len(data.classes) == 100
    assert data.classes[1] == "aquarium_fish"


def test_cifar10_is_resized(cifar_files: Path) -> None:
    data = loaded(Recipe(data="cifar10", data_dir=str(cifar_files), size=16))
    assert pixels(data.train).shape == (20, 3, 16, 16)
    # Where the slope is even, an average of four neighbours is the value between them.
    assert pixels(data.train)[0, 0, 5, 2] == 4 * 10.5 + 2 * 4.5


def test_a_data_folder_may_be_the_folder_of_the_files(cifar_files: Path) -> None:
    place = str(cifar_files / "cifar-10-batches-py")
    assert len(loaded(Recipe(data="cifar10", data_dir=place)).train) == 20


def test_cifar10_that_is_nowhere_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"not on this disk .*/nowhere.*cifar-10-python.tar.gz"
    ) as told:
        loaded(Recipe(data="cifar10", data_dir=str(tmp_path / "nowhere")))
    assert "a training downloads it, such as `cnn-tui --arch lenet5 --data cifar10" in str(
        told.value
    )


def test_cifar10_with_another_checksum_is_not_unpickled(cifar_files: Path) -> None:
    evil = b"cos\nsystem\n(S'exit 1'\ntR."
    (cifar_files / "cifar-10-batches-py/data_batch_2").write_bytes(evil)
    with pytest.raises(DataError, match=r"damaged .*data_batch_2: its checksum is wrong"):
        loaded(Recipe(data="cifar10"))


def test_cifar10_without_one_file_is_not_there(cifar_files: Path) -> None:
    (cifar_files / "cifar-10-batches-py/test_batch").unlink()
    assert datasets.folder_of(datasets.DATASETS["cifar10"]) is None


# MNIST and Fashion-MNIST


def idx_file(values: npt.NDArray[np.uint8]) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def write_idx(folder: Path, key: str, packed: bool) -> Path:
    """Twelve training images of a set and two for test; image n has the value n all over."""
    folder.mkdir(parents=True)
    labels = np.array([*idx.FIRST_LABELS[key], 0, 1], np.uint8)
    images = np.arange(12, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)
    for name, values in zip(
        datasets.IDX_FILES, (images, labels, images[:2], labels[:2]), strict=True
    ):
        content = idx_file(values)
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)
    return folder


@pytest.mark.parametrize("key", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("flat", [True, False])
def test_idx_files_are_read_wherever_they_lie(
    tmp_path: Path, key: str, packed: bool, flat: bool
) -> None:
    write_idx(tmp_path / "x" / ("" if flat else datasets.DATASETS[key].folder), key, packed)
    data = loaded(Recipe(data=key, data_dir=str(tmp_path / "x")))
    assert pixels(data.train).shape == (12, 1, 32, 32)
    assert data.train.labels[:10].tolist() == list(idx.FIRST_LABELS[key])
    assert data.validation.labels.tolist() == list(idx.FIRST_LABELS[key][:2])
    assert (pixels(data.train)[7, 0, 2:-2, 2:-2] == 7).all()
    assert int(pixels(data.train)[7].sum()) == 7 * 28 * 28, "the frame is black"
    assert data.validates == "test"


def test_digits_of_28_pixels_are_stretched_only_where_that_is_asked(tmp_path: Path) -> None:
    place = str(write_idx(tmp_path / "x", "mnist", True))
    shapes = {}
    for size in (28, 32, 64):
        data = loaded(Recipe(data="mnist", data_dir=place, size=size))
        shapes[size] = (data.train.shape, int(pixels(data.train)[7, 0, 0, 0]))
    assert shapes == {28: ((1, 28, 28), 7), 32: ((1, 32, 32), 0), 64: ((1, 64, 64), 7)}


def test_another_set_in_files_of_the_same_names_is_noticed(tmp_path: Path) -> None:
    place = write_idx(tmp_path / "x", "fashion-mnist", True)
    with pytest.raises(
        DataError, match=rf"the files in {place} belong to another data set than MNIST"
    ):
        loaded(Recipe(data="mnist", data_dir=str(place)))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "unpack_from"),
        (b"\0\0\x08\x03", "unpack_from"),
        (idx_file(np.zeros((2, 28, 28), np.uint8))[:-1], "cut off"),
        (b"\0\0\x0d\x01\0\0\0\0", "another format"),
    ],
    ids=["empty", "no shape", "cut off", "floats"],
)
def test_an_idx_file_that_is_none_is_damaged(tmp_path: Path, content: bytes, why: str) -> None:
    place = write_idx(tmp_path / "x", "mnist", packed=False)
    (place / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=rf"MNIST is damaged .*train-images-idx3-ubyte: .*{why}"):
        loaded(Recipe(data="mnist", data_dir=str(place)))


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"x" * 99)[:-9]], ids=["none", "cut off"]
)
def test_a_gzipped_file_that_is_none_is_damaged(tmp_path: Path, content: bytes) -> None:
    place = write_idx(tmp_path / "x", "mnist", packed=True)
    (place / "t10k-labels-idx1-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"MNIST is damaged .*t10k-labels-idx1-ubyte.gz"):
        loaded(Recipe(data="mnist", data_dir=str(place)))


# SVHN


def mat_element(kind: int, data: bytes) -> bytes:
    if len(data) <= 4:
        return struct.pack("<HH", kind, len(data)) + data.ljust(4, b"\0")
    return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def mat_file(**arrays: npt.NDArray[np.uint8]) -> bytes:
    """As MATLAB writes it: a header, then compressed matrices."""
    content = b"MATLAB 5.0".ljust(124) + b"\0\1IM"
    for name, array in arrays.items():
        matrix = mat_element(6, struct.pack("<II", 9, 0))
        matrix += mat_element(5, struct.pack(f"<{array.ndim}i", *array.shape))
        matrix += mat_element(1, name.encode()) + mat_element(2, array.tobytes(order="F"))
        packed = zlib.compress(struct.pack("<II", 14, len(matrix)) + matrix)
        content += struct.pack("<II", 15, len(packed)) + packed
    return content


def random_bytes(*shape: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 1), (1, 1), (9, 7)])
def test_matrices_come_back_as_they_were_written(shape: tuple[int, ...]) -> None:
    one, other = random_bytes(*shape), random_bytes(5)[None]
    found = mat.arrays(mat_file(longer_name=one, y=other))
    assert found.keys() == {"longer_name", "y"}
    assert np.array_equal(found["longer_name"], one)
    assert np.array_equal(found["y"], other)


@pytest.fixture
def svhn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> npt.NDArray[np.uint8]:
    """The training images (32, 32, 3, 4) of a small SVHN, whose labels are 1, 10, 9 and 10."""
    images, facts = random_bytes(32, 32, 3, 4), datasets.DATASETS["svhn"]
    labels = np.array([[1], [10], [9], [10]], np.uint8)
    (tmp_path / "data").mkdir()
    downloads = []
    for file, count in zip(facts.downloads, (4, 2), strict=True):
        content = mat_file(X=images[..., :count], y=labels[:count])
        (tmp_path / "data" / file.path).write_bytes(content)
        md5 = hashlib.md5(content).hexdigest()
        downloads.append(msgspec.structs.replace(file, md5=md5))
    known = cast(MutableMapping[str, Any], datasets.DATASETS)
    changed = msgspec.structs.replace(facts, downloads=tuple(downloads))
    monkeypatch.setitem(known, "svhn", changed)
    return images


def test_svhn_is_read_and_its_ten_is_a_zero(svhn: npt.NDArray[np.uint8]) -> None:
    data = loaded(Recipe(data="svhn"))
    assert pixels(data.train).shape == (4, 3, 32, 32)
    assert pixels(data.train)[2, 1, 7, 30] == svhn[7, 30, 1, 2]
    assert data.train.labels.tolist() == [1, 0, 9, 0]
    assert data.validation.labels.tolist() == [1, 0]
    assert data.class_counts == (2, 1, 0, 0, 0, 0, 0, 0, 0, 1)


def test_svhn_with_another_checksum_is_damaged(svhn: npt.NDArray[np.uint8], tmp_path: Path) -> None:
    (tmp_path / "data/test_32x32.mat").write_bytes(b"x" * 500)
    with pytest.raises(DataError, match=r"SVHN is damaged .*test_32x32.mat: its checksum is wrong"):
        loaded(Recipe(data="svhn"))


# Folders


def tree(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def names(images: LabelledImages) -> list[tuple[str, int]]:
    return [(path_of(image).name, label) for image, label in images]


@pytest.mark.parametrize(
    ("split", "validates"),
    [("val", "separate"), ("validation", "separate"), ("valid", "separate"), ("test", "test")],
)
def test_folder_with_splits(tmp_path: Path, split: str, validates: str) -> None:
    train = [f"train/{name}/{i}.png" for name in ("owl", "emu") for i in range(2)]
    found = scan(tree(tmp_path, *train, f"{split}/owl/7.JPG"))
    assert found.classes == ("emu", "owl")
    assert names(found.train) == [("0.png", 0), ("1.png", 0), ("0.png", 1), ("1.png", 1)]
    assert path_of(found.train[0][0]) == tmp_path / "train/emu/0.png"
    assert names(found.validation) == [("7.JPG", 1)]
    assert (found.validates, found.test) == (validates, [])
    assert [*found.notes] == [inventory_text.missing_in_validation(["emu"])]


TRAINED = [f"train/{name}/{i}.png" for name in "ab" for i in range(5)]


def test_folder_with_val_and_test_validates_on_val_and_keeps_test(tmp_path: Path) -> None:
    found = scan(tree(tmp_path, *TRAINED, "test/a/t.png", "val/a/v.png"))
    assert names(found.validation) == [("v.png", 0)]
    assert names(found.test) == [("t.png", 0)]
    assert found.validates == "separate"


@pytest.mark.parametrize(
    ("others", "test", "unused"),
    [
        ((), [], None),
        (("test/b/t.png",), [("t.png", 1)], None),
        (("val/b/v.png",), [("v.png", 1)], None),
        (("test/b/t.png", "val/b/v.png"), [("t.png", 1)], "val"),
    ],
)
def test_a_holdout_of_a_folder_leaves_the_others_for_the_end(
    tmp_path: Path, others: tuple[str, ...], test: list[tuple[str, int]], unused: str | None
) -> None:
    found = scan(tree(tmp_path, *TRAINED, *others), holdout=0.4)
    assert [label for _, label in found.validation] == [0, 0, 1, 1]
    assert len(found.train) == 6
    assert found.validates == "held out"
    assert names(found.test) == test
    assert [*found.notes] == (
        [inventory_text.unused_validation(str(tmp_path), unused)] if unused else []
    )


def test_test_images_without_classes_are_no_test(tmp_path: Path) -> None:
    found = scan(tree(tmp_path, *TRAINED, "val/a/v.png", "test/1.png"))
    assert (found.validates, found.test) == ("separate", [])


@pytest.mark.parametrize("below", ["", "train/"])
def test_folder_without_a_split_holds_out_a_fifth_of_each_class(tmp_path: Path, below: str) -> None:
    files = [f"{below}a/{i:02}.png" for i in range(20)] + [f"{below}b/{i}.png" for i in range(4)]
    found = scan(tree(tmp_path, *files), seed=3)
    assert [label for _, label in found.validation] == [0, 0, 0, 0, 1]
    assert (found.validates, found.test) == ("held out", [])
    assert sorted((image.name, label) for image, label in found.images) == sorted(
        (file, int("b/" in file)) for file in files
    )
    assert found == scan(tmp_path, seed=3)
    assert found.validation != scan(tmp_path, seed=4).validation


def test_names_that_are_not_utf_8_are_shown_by_their_bytes(tmp_path: Path) -> None:
    for name in (b"caf\xe9", "茶".encode()):
        for index in range(5):
            file = os.fsencode(tmp_path) + b"/" + name + b"/%d\xff.png" % index
            os.makedirs(os.path.dirname(file), exist_ok=True)
            Path(os.fsdecode(file)).touch()
    found = scan(tmp_path)
    assert found.classes == ("caf\\xe9", "茶")
    assert [label for _, label in found.validation] == [0, 1]
    msgspec.json.encode(found.classes)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    files = [f"{name}/{i}.png" for name in ("bus", "train") for i in range(5)]
    assert scan(tree(tmp_path, *files)).classes == ("bus", "train")


def test_what_is_hidden_or_no_image_is_passed_over(tmp_path: Path) -> None:
    images = [f"{name}/{i}.webp" for name in "ab" for i in range(5)]
    found = scan(tree(tmp_path, *images, "a/.5.png", ".c/0.png", "d/notes.txt", "e/f/0.png"))
    assert found.classes == ("a", "b", "e")
    assert len(found.train + found.validation) == 11
    assert found.skipped == {
        inventory_text.HIDDEN: [".c", "a/.5.png"],
        inventory_text.UNUSED_TABLE: ["d/notes.txt"],
    }


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ((), "holds no images"),
        (("a/notes.txt", "b/c/0.png"), "holds only the class 'c'"),
        (("a/0.png", "a/1.png"), "holds only the class 'a'"),
        (("a/0.png", "b/0.png"), "holds 2 readable training images"),
        (("train/a/0.png", "train/b/0.png", "val/c/0.png"), "lacks: c; rename"),
        (("train/a/0.png", "train/b/0.png", "val/0.png"), "val holds validation images without"),
        (
            ("train/a/0.png", "train/b/0.png", "val/a/0.png", "test/c/0.png"),
            "test holds . images? of classes that train/ lacks: c; rename",
        ),
    ],
)
def test_folders_that_cannot_be_used(tmp_path: Path, files: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        scan(tree(tmp_path, *files))


def test_what_the_refusal_of_unknown_classes_says_to_type_works(tmp_path: Path) -> None:
    kept = [f"train/{name}/{i}.png" for name in "ab" for i in range(5)]
    folder = tree(tmp_path, *kept, "val/A/0.png", "val/b/0.png")
    with pytest.raises(DataError, match=r"A .a in train/.; .*--set holdout=0\.2"):
        scan(folder)
    found = scan(folder, holdout=0.2)
    assert [image.name for image, _ in found.test] == ["val/b/0.png"]
    assert found.skipped == {inventory_text.UNKNOWN_CLASS: ["val/A/0.png"]}


@pytest.mark.parametrize("look", [scan, check])
def test_folder_that_is_missing_or_a_file(tmp_path: Path, look: Callable[[Path], object]) -> None:
    with pytest.raises(DataError, match="does not exist"):
        look(tmp_path / "none")
    with pytest.raises(DataError, match="is no data set that is known"):
        look(tree(tmp_path, "file") / "file")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ((), "holds no images"),
        (("a/notes.txt", "b/.0.png", "c/d/0.png"), "holds only the class 'd'"),
        (("a/0.png", "b/notes.txt"), "holds only the class 'a'"),
        (("train/a/0.png", "val/b/0.png"), "holds only the class 'a'"),
        ((*TRAINED, "val/c/0.png"), "val holds . images? of classes that train/ lacks: c; rename"),
        ((*TRAINED, "val/0.png"), "without classes: give it the same subfolders"),
        ((*TRAINED, "val/a/0.png", "test/c/0.png"), "test holds . image.* train/ lacks: c"),
    ],
)
def test_a_glance_finds_what_can_never_be_trained(
    tmp_path: Path, files: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        check(tree(tmp_path, *files))


@pytest.mark.parametrize("below", ["", "train/"])
def test_a_glance_is_content_with_an_image_of_two_classes(tmp_path: Path, below: str) -> None:
    check(tree(tmp_path, f"{below}a/1.png", f"{below}b/1.png", "val/b/1.png"))


@pytest.mark.parametrize(
    "module",
    ["inventory.data_inventory", "sets.download", "decoding.decoder_workers", "preparation"],
)
def test_what_starts_quickly_loads_no_torch(module: str) -> None:
    code = f"import sys, engine.data.{module}; sys.exit('torch' in sys.modules)"
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
    with pytest.raises(DataError, match="101 images need 310 kB of memory, and 307 kB are free"):
        check_memory(101, 3, 32)
    with pytest.raises(DataError, match=r"--set size=\d+ or less") as refused:
        check_memory(200, 3, 64)
    fitting = int(str(refused.value).partition("size=")[2].partition(" ")[0])
    check_memory(200, 3, fitting)


def group(root: Path, limit: str, used: int, cache: int) -> None:
    """A control group of version 2."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "memory.max").write_text(f"{limit}\n")
    (root / "memory.current").write_text(f"{used}\n")
    (root / "memory.stat").write_text(f"anon 5\ninactive_file {cache}\n")


def test_free_memory_is_that_of_the_tightest_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=10_000))
    membership = tmp_path / "cgroup"
    membership.write_text("1:name=systemd:/\n0::/job/step\n")
    group(tmp_path / "groups/job/step", "max", 700, 0)
    assert memory.free_bytes(tmp_path / "groups", membership) == 10_000
    group(tmp_path / "groups/job", "1000", 700, 250)
    assert memory.free_bytes(tmp_path / "groups", membership) == 550
    group(tmp_path / "groups", "500", 700, 0)
    assert memory.free_bytes(tmp_path / "groups", membership) == 0
    assert memory.free_bytes(tmp_path / "groups", tmp_path / "none") == 10_000


def test_free_memory_in_control_groups_of_version_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=10_000))
    (tmp_path / "cgroup").write_text("4:cpu,memory:/job\n2:cpuset:/\n")
    job = tmp_path / "groups/memory/job"
    job.mkdir(parents=True)
    (job / "memory.limit_in_bytes").write_text("1000\n")
    (job / "memory.usage_in_bytes").write_text("300\n")
    (job / "memory.stat").write_text("inactive_file 1\ntotal_inactive_file 50\n")
    assert memory.free_bytes(tmp_path / "groups", tmp_path / "cgroup") == 750


ON_CPU = Resolved(device="cpu", precision="float32", memory_format="contiguous", threads=1, size=28)


def test_how_many_images_are_held_out_is_told() -> None:
    data = loaded(Recipe(holdout=0.1))
    alerts = preparation.data_alerts(data, Recipe(), ON_CPU, 1e9)
    told = [e.text for e in alerts if isinstance(e, Alert) and e.code == "validation"]
    held, total = len(data.validation), len(data.train) + len(data.validation)
    assert told == [f"validation uses {held:,} of {total:,} training images, which are held out"]


def test_images_are_held_out_before_decisions_on_labels_drop_some() -> None:
    data = loaded(Recipe(holdout=0.1))
    train, held, test = DecidedCounts(2, 5, 1), DecidedCounts(3, 0, 0), DecidedCounts(7, 0, 0)
    data = replace(data, decided=Decided(train, held, test))
    alerts = preparation.data_alerts(data, Recipe(decisions="/a/l.toml"), ON_CPU, 1e9)
    told = {e.code: e.text for e in alerts if isinstance(e, Alert)}
    left = len(data.validation)
    total = left + len(data.train) + 5
    assert told["validation"] == (
        f"validation uses {left + 3:,} of {total:,} training images, which are held out; decisions "
        f"on labels then drop 5 of the {total:,}"
    )
    assert told[DECIDED].startswith("l.toml: 2 dropped, 5 relabelled, 1 kept; of the validation")
