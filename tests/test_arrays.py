"""Data sets of arrays: NumPy's files, MNIST's format and CIFAR's, as they are published."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.catalog.user_folders import cache_folder
from engine.data.decoding.decode import decode_all
from engine.data.decoding.image_format import ImageFormat
from engine.data.inventory import data_inventory, kept_copies
from engine.data.inventory.containers import array_names
from engine.data.reading import copied_rows
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from tests.inventories import inventory, refusal
from tests.loading import run_to_end
from tests.small_arrays import (
    Array,
    coloured,
    grey,
    labels,
    write_idx,
    write_pickle,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    return tmp_path / "set"


def opened(images: LabelledImages) -> Array:
    """The images as Pillow has them, (N, H, W) or (N, H, W, C)."""
    return np.stack([np.asarray(image.open()) for image, _ in images])


def classes_of(images: LabelledImages) -> list[int]:
    return [label for _, label in images]


# Names


@pytest.mark.parametrize(
    ("name", "content", "split", "family"),
    [
        ("x_train", "images", "train", ""),
        ("y_test", "labels", "test", ""),
        ("XTrain", "images", "train", ""),
        ("train_X", "images", "train", ""),
        ("val_images", "images", "validation", ""),
        ("y_valid", "labels", "validation", ""),
        ("images", "images", "train", ""),
        ("target", "labels", "train", ""),
        ("t10k-labels-idx1-ubyte", "labels", "test", ""),
        ("train-images.idx3-ubyte", "images", "train", ""),
        ("train.idx3-ubyte", "images", "train", ""),
        ("emnist-letters-test-images-idx3-ubyte", "images", "test", "emnist letters"),
        ("k49-train-imgs", "images", "train", "k49"),
        ("qmnist-train-labels-idx2-int", "labels", "train", "qmnist"),
        ("class_names", "class names", "train", ""),
        ("tst_imgs", "images", "test", ""),
        ("y_eval", "labels", "validation", ""),
        ("unlabeled_X", "images", "predict", ""),
    ],
)
def test_a_name_says_what_an_array_holds(name: str, content: str, split: str, family: str) -> None:
    found = array_names.parsed(name)
    assert found is not None
    assert (found.content, found.split, found.family) == (content, split, family)


@pytest.mark.parametrize("name", ["embeddings", "mean", "x_y", "train_test_images", "train"])
def test_other_names_say_nothing(name: str) -> None:
    assert array_names.parsed(name) is None


# NumPy's files


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_keras_form_is_read_with_the_test_split_for_validation(
    folder: Path, save: Callable[..., None]
) -> None:
    x, y = grey(), labels()
    save(folder / "mnist.npz", x_train=x, y_train=y, x_test=x[:4], y_test=y[:4])
    found = inventory(folder / "mnist.npz")
    assert found.classes == ("0", "1")
    assert (found.validates, len(found.validation)) == ("test", 4)
    assert (opened(found.train) == x).all()
    assert classes_of(found.train) == y.tolist()
    assert [image.name for image, _ in found.train[:2]] == ["x_train/0", "x_train/1"]
    assert found.train[1][0].content() == x[1].tobytes()


def test_medmnist_form_is_read_with_its_validation_split(folder: Path) -> None:
    x, y = coloured(), labels()[:, None].astype(np.uint8)
    arrays = {
        f"{s}_{k}": v for s in ("train", "val", "test") for k, v in (("images", x), ("labels", y))
    }
    np.savez_compressed(folder / "pathmnist.npz", **arrays)  # type: ignore[arg-type]
    found = inventory(folder / "pathmnist.npz")
    assert found.validates == "separate"
    assert len(found.test) == len(found.validation) == len(x)
    assert (opened(found.train) == x).all()


def test_images_without_labels_are_kept_for_predictions(folder: Path) -> None:
    """As in the arrays of STL-10."""
    x, y = grey(), labels()
    np.savez(folder / "a.npz", train_X=x, train_y=y, unlabeled_X=x[:4])
    found = inventory(folder / "a.npz")
    assert [image.name for image in found.unlabelled] == [f"unlabeled_X/{row}" for row in range(4)]
    assert len(found.images) == len(x)


@pytest.mark.parametrize(
    "names",
    [("images", "labels"), ("X", "y"), ("data", "target"), ("arr_0", "arr_1"), ("data", "labels")],
)
def test_one_pair_of_arrays_holds_out_a_share(folder: Path, names: tuple[str, str]) -> None:
    np.savez(folder / "a.npz", **{names[0]: grey(20), names[1]: labels(20)})  # type: ignore[arg-type]
    found = inventory(folder / "a.npz")
    assert (found.validates, len(found.train), len(found.validation)) == ("held out", 16, 4)


def test_npy_pairs_are_found_by_the_folder_or_by_one_file(folder: Path) -> None:
    x, y = grey(), labels()
    for name, values in (("x_train", x), ("y_train", y), ("x_val", x[:4]), ("y_val", y[:4])):
        np.save(folder / f"{name}.npy", values)
    for path in (folder, folder / "x_train.npy"):
        found = inventory(path)
        assert (opened(found.train) == x).all()
        assert found.validates == "separate"


def test_files_of_one_array_each_have_their_own_names(folder: Path) -> None:
    """As Kuzushiji-MNIST and Kuzushiji-49 are published."""
    for part, count in (("train", 12), ("test", 4)):
        np.savez_compressed(folder / f"kmnist-{part}-imgs.npz", grey(count))
        np.savez_compressed(folder / f"kmnist-{part}-labels.npz", labels(count))
    for path in (folder, folder / "kmnist-train-imgs.npz"):
        found = inventory(path)
        assert (len(found.train), len(found.validation)) == (12, 4)


def test_fortran_order_and_other_byte_orders_are_read(folder: Path) -> None:
    x = coloured()
    np.save(folder / "x_train.npy", np.asfortranarray(x.astype(">i4")))
    np.save(folder / "y_train.npy", labels().astype(">i8"))
    assert (
        opened(inventory(folder, holdout=0.5).test or inventory(folder).images)[0].shape
        == x[0].shape
    )
    found = inventory(folder)
    by_name = {image.name: np.asarray(image.open()) for image, _ in found.images}
    assert all((by_name[f"x_train/{row}"] == x[row]).all() for row in range(len(x)))


@pytest.mark.parametrize(
    ("shape", "mode", "size"),
    [
        ((12, 8, 9), "L", (9, 8)),
        ((12, 8, 9, 1), "L", (9, 8)),
        ((12, 1, 8, 9), "L", (9, 8)),
        ((12, 3, 8, 9), "RGB", (9, 8)),
        ((12, 8, 9, 3), "RGB", (9, 8)),
        ((12, 8, 9, 4), "RGBA", (9, 8)),
        ((12, 784), "L", (28, 28)),
    ],
)
def test_the_shape_says_how_images_lie(
    folder: Path, shape: tuple[int, ...], mode: str, size: tuple[int, int]
) -> None:
    x = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.savez(folder / "a.npz", x=x, y=labels())
    image = inventory(folder / "a.npz").train[0][0].open()
    assert (image.mode, image.size) == (mode, size)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 0.5, 1], np.float32), [0, 128, 255]),
        (np.array([0, 100, 255], np.float64), [0, 100, 255]),
        (np.array([0, 256, 65535], np.uint16), [0, 1, 255]),
        (np.array([0, 2048, 4095], np.uint16), [0, 128, 255]),
        (np.array([0, 7, 255], np.int64), [0, 7, 255]),
        (np.array([0, 1, 1], np.uint8), [0, 255, 255]),
        (np.array([False, True, True]), [0, 255, 255]),
    ],
)
def test_the_largest_value_says_what_white_is(
    folder: Path, values: Array, expected: list[int]
) -> None:
    """One for all images, so that a dark one stays dark."""
    x = np.zeros((12, 2, 3), values.dtype)
    x[0, 0], x[1:, 0] = values, values[0]
    np.savez(folder / "a.npz", x=x, y=labels(), x_test=x[:4], y_test=labels(4))
    found = inventory(folder / "a.npz")
    assert opened(found.train)[0, 0].tolist() == expected
    assert opened(found.validation)[0, 0].tolist() == expected


@pytest.mark.parametrize(
    "written",
    [
        [0.0, 1.0] * 6,
        np.eye(2)[[0, 1] * 6],
        np.eye(2, dtype=np.uint8)[[0, 1] * 6],
        ["cat", "dog"] * 6,
        np.array([b"cat", b"dog"] * 6),
        np.array([[5], [9]] * 6),
    ],
)
def test_labels_are_numbers_one_hot_rows_or_words(folder: Path, written: Any) -> None:
    np.savez(folder / "a.npz", x=grey(), y=np.asarray(written), x_test=grey(), y_test=written)
    found = inventory(folder / "a.npz")
    assert classes_of(found.train) == [0, 1] * 6
    assert len(found.classes) == 2


def test_classes_have_the_names_that_an_array_gives_them(folder: Path) -> None:
    np.savez(folder / "a.npz", x=grey(), y=labels(), class_names=np.array(["cat", "dog"]))
    assert inventory(folder / "a.npz").classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("values", "names", "expected"),
    [
        (labels() + 1, ["cat", "dog"], ("cat", "dog")),
        (labels() + 1, ["none", "cat", "dog"], ("cat", "dog")),
        (labels() * 2 + 1, ["none", "cat", "dog"], ("none", "dog")),
        (labels(), ["cat", "cat"], ("cat (0)", "cat (1)")),
        (labels(), ["cat"], ("cat", "1")),
    ],
)
def test_names_of_classes_begin_at_the_label_0_unless_labels_go_from_1_to_their_number(
    folder: Path, values: Array, names: list[str], expected: tuple[str, ...]
) -> None:
    np.savez(folder / "a.npz", x=grey(), y=values, class_names=np.array(names))
    assert inventory(folder / "a.npz").classes == expected


def test_a_split_with_values_from_0_to_1_beside_larger_ones_is_refused(folder: Path) -> None:
    """Its images were as good as black, and nobody said so."""
    np.savez(folder / "a.npz", x=grey(), y=labels(), x_test=grey() / 255, y_test=labels())
    with pytest.raises(DataError, match="save both with the same range of values"):
        inventory(folder / "a.npz")


def test_test_images_that_are_black_are_no_other_range(folder: Path) -> None:
    np.savez(folder / "a.npz", x=grey(), y=labels(), x_test=0 * grey(), y_test=labels())
    assert len(inventory(folder / "a.npz").validation) == 12


def test_the_recipe_names_classes_of_numbers(folder: Path) -> None:
    np.savez(folder / "a.npz", x=grey(), y=labels())
    named = inventory(folder / "a.npz", class_names=(("0", "cat"), ("1", "dog")))
    assert named.classes == ("cat", "dog")


def test_numbers_of_classes_are_in_the_order_of_numbers(folder: Path) -> None:
    np.savez(folder / "a.npz", x=grey(33), y=np.arange(33) % 11)
    assert inventory(folder / "a.npz").classes == tuple(map(str, range(11)))


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"x": grey(), "y": np.array([{}] * 12)}, "holds Python objects"),
        ({"x": grey(), "y": np.ones((12, 3), int)}, "gives some images several classes or none"),
        ({"x": grey(), "y": np.linspace(0, 1, 12)}, "has fractions"),
        ({"x": grey(), "y": labels(11)}, "has 11 labels for 12 images"),
        ({"x": grey(), "y": np.zeros(12, int)}, "have only the label 0"),
        ({"x": grey()}, "no array named as training labels"),
        ({"embeddings": grey(), "mean": grey()}, "but embeddings, mean"),
        ({"x": np.zeros((12, 28, 28, 28)), "y": labels()}, "holds no images but values of type"),
        ({"x": np.zeros((12, 3, 8, 3)), "y": labels()}, "which axis of x (12, 3, 8, 3)"),
        ({"x": np.zeros((12, 10)), "y": labels()}, "holds no images"),
        ({"x": grey() - 128.0, "y": labels()}, "go from -128 to"),
        ({"x": grey() * np.nan, "y": labels()}, "go from nan to nan"),
        ({"x": grey(), "images": grey(), "y": labels()}, "x and images"),
        ({"x": grey(), "y": labels(), "x_test": grey(), "y_test": labels() + 1}, "2; relabel"),
        ({"x": grey(3), "y": labels(3)}, "2 readable training images"),
    ],
)
def test_other_arrays_are_refused_in_a_sentence(
    folder: Path, arrays: dict[str, Array], told: str
) -> None:
    np.savez_compressed(folder / "a.npz", **arrays)  # type: ignore[arg-type]
    assert told in refusal(folder / "a.npz")


def test_a_row_out_of_range_is_broken_alone(folder: Path) -> None:
    x = np.full((5_000, 1, 2), 0.5, np.float32)
    x[1] = 7  # not in the sample that says what white is
    np.savez(folder / "a.npz", x=x, y=labels(5_000), x_test=x[:4], y_test=labels(4))
    found = inventory(folder / "a.npz")
    pixels = np.zeros((3, 3, 2, 2), np.uint8)
    why = decode_all([image for image, _ in found.train[:3]], ImageFormat(3, 2, 0), pixels)
    assert [*why] == [1]
    assert "go from 7 to 7" in why[1]


def test_a_truncated_file_is_refused(folder: Path) -> None:
    np.save(folder / "x_train.npy", grey())
    np.save(folder / "y_train.npy", labels())
    os.truncate(folder / "x_train.npy", 500)
    assert "x_train.npy cannot be read (it is cut off)" in refusal(folder)


def test_damaged_bytes_of_a_member_are_refused(folder: Path) -> None:
    np.savez_compressed(folder / "a.npz", x=grey(), y=labels())
    content = bytearray((folder / "a.npz").read_bytes())
    content[500:600] = bytes(100)
    (folder / "a.npz").write_bytes(content)
    assert "a.npz cannot be read" in refusal(folder / "a.npz")


def test_a_pickle_in_a_npy_file_is_never_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[bool] = []
    monkeypatch.setattr(pickle, "load", lambda *_, **__: ran.append(True))
    np.save(folder / "x_train.npy", grey())
    np.save(folder / "y_train.npy", np.array([None] * 12), allow_pickle=True)
    assert "numpy.save" in refusal(folder)
    assert not ran


def test_class_folders_count_more_than_arrays_beside_them(folder: Path) -> None:
    from PIL import Image

    np.save(folder / "images.npy", grey())
    np.save(folder / "labels.npy", labels())
    for name in ("cat", "dog"):
        (folder / name).mkdir()
        for index in range(4):
            Image.new("L", (8, 8), index).save(folder / name / f"{index}.png")
    assert data_inventory.inventory_of(Recipe(data=str(folder))).classes == ("cat", "dog")


# MNIST's format


@pytest.mark.parametrize(
    "names",
    [
        (
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        ),
        (
            "train-images.idx3-ubyte",
            "train-labels.idx1-ubyte",
            "t10k-images.idx3-ubyte",
            "t10k-labels.idx1-ubyte",
        ),
        (
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
        ),
    ],
)
def test_idx_files_are_read_under_the_names_in_use(folder: Path, names: tuple[str, ...]) -> None:
    x, y = grey(), labels()
    for name, values in zip(names, (x, y, x[:4], y[:4]), strict=True):
        write_idx(folder / name, values)
    found = inventory(folder)
    assert (opened(found.train) == x).all()
    assert (found.validates, len(found.validation)) == ("test", 4)


def test_folders_around_the_files_count_for_nothing(folder: Path) -> None:
    """As torchvision unpacks them: MNIST/raw."""
    for name, values in (("images-idx3", grey()), ("labels-idx1", labels())):
        write_idx(folder / "MNIST" / "raw" / f"train-{name}-ubyte", values)
    assert inventory(folder).images == inventory(folder / "MNIST" / "raw").images


def emnist(folder: Path, family: str) -> None:
    upright = grey()
    for part in ("train", "test"):
        write_idx(folder / f"emnist-{family}-{part}-images-idx3-ubyte.gz", upright.swapaxes(1, 2))
        write_idx(folder / f"emnist-{family}-{part}-labels-idx1-ubyte.gz", labels() + 1)
    (folder / f"emnist-{family}-mapping.txt").write_text("1 65 97\n2 66 98\n")


def test_emnist_is_turned_upright_and_its_letters_have_names(folder: Path) -> None:
    emnist(folder, "letters")
    found = inventory(folder)
    assert (opened(found.train) == grey()).all()
    assert found.classes == ("A", "B")


def test_of_several_data_sets_in_a_folder_a_file_chooses_one(folder: Path) -> None:
    emnist(folder, "letters")
    emnist(folder, "digits")
    assert "has the images of several data sets" in refusal(folder)
    found = inventory(folder / "emnist-letters-train-images-idx3-ubyte.gz")
    assert found.train[0][0].name == "emnist-letters-train-images-idx3-ubyte/0"


def test_qmnist_has_the_class_in_the_first_of_eight_numbers(folder: Path) -> None:
    rest = np.random.default_rng(0).integers(0, 99, (12, 7))
    write_idx(folder / "qmnist-train-images-idx3-ubyte", grey())
    write_idx(folder / "qmnist-train-labels-idx2-int", np.c_[labels(), rest], ">i4")
    assert inventory(folder, holdout=0.5).classes == ("0", "1")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_truncated_idx_file_is_refused(folder: Path, suffix: str) -> None:
    for name, values in (("images-idx3", grey()), ("labels-idx1", labels())):
        write_idx(folder / f"train-{name}-ubyte{suffix}", values)
    file = folder / f"train-images-idx3-ubyte{suffix}"
    os.truncate(file, file.stat().st_size - 20)
    assert f"{file.name} cannot be read" in refusal(folder)
    assert not [*kept_copies.folder().glob("*-*")]


# CIFAR's forms


def cifar_rows(count: int = 12) -> tuple[Array, Array]:
    """Images (N, 32, 32, 3) and the same as CIFAR has them, (N, 3072)."""
    x = coloured(count, 32)
    return x, x.transpose(0, 3, 1, 2).reshape(count, -1)


def test_pickled_cifar10_is_read_from_any_folder(folder: Path) -> None:
    x, rows = cifar_rows()
    for number, part in enumerate(np.split(rows, 2), 1):
        write_pickle(folder / f"data_batch_{number}", {"data": part, "labels": [0, 1] * 3})
    write_pickle(folder / "test_batch", {"data": rows[:4], "labels": [0, 1, 1, 0]})
    write_pickle(folder / "batches.meta", {"label_names": ["plane", "car"]})
    found = inventory(folder)
    assert (opened(found.train) == x).all()
    assert (found.classes, found.validates) == (("plane", "car"), "test")
    assert found.train[6][0].name == "data_batch_2/0"


def test_pickled_cifar_may_have_names_in_bytes(folder: Path) -> None:
    x, rows = cifar_rows()
    write_pickle(folder / "data_batch_1", {b"data": rows, b"labels": [0, 1] * 6})
    write_pickle(folder / "test_batch", {b"data": rows[:4], b"labels": [0, 1, 1, 0]})
    write_pickle(folder / "batches.meta", {b"label_names": [b"plane", b"car"]})
    found = inventory(folder)
    assert (opened(found.train) == x).all()
    assert found.classes == ("plane", "car")


@pytest.mark.parametrize("protocol", range(6))
def test_pickled_cifar100_has_fine_labels(folder: Path, protocol: int) -> None:
    x, rows = cifar_rows()
    table: dict[str, object] = {"data": rows, "fine_labels": [3, 7] * 6, "coarse_labels": [0] * 12}
    write_pickle(folder / "train", {**table, "filenames": [b"a"]}, protocol)
    write_pickle(folder / "test", table, protocol)
    write_pickle(folder / "meta", {"fine_label_names": [f"c{i}" for i in range(9)]}, protocol)
    found = inventory(folder)
    assert (opened(found.train) == x).all()
    assert found.classes == ("c3", "c7")


def test_binary_cifar10_is_read_in_place(folder: Path) -> None:
    x, rows = cifar_rows()
    records = np.c_[labels().astype(np.uint8), rows]
    (folder / "data_batch_1.bin").write_bytes(records[:6].tobytes())
    (folder / "data_batch_2.bin").write_bytes(records[6:].tobytes())
    (folder / "test_batch.bin").write_bytes(records[:4].tobytes())
    (folder / "batches.meta.txt").write_text("plane\ncar\n\n")
    found = inventory(folder)
    assert (opened(found.train) == x).all()
    assert found.classes == ("plane", "car")
    assert not cache_folder().exists()


def test_binary_cifar100_has_two_labels_of_which_the_second_counts(folder: Path) -> None:
    x, rows = cifar_rows()
    records = np.c_[np.zeros(12, np.uint8), labels().astype(np.uint8), rows]
    for name in ("train.bin", "test.bin"):
        (folder / name).write_bytes(records.tobytes())
    (folder / "fine_label_names.txt").write_text("apple\nbaby\n")
    found = inventory(folder)
    assert (opened(found.train) == x).all()
    assert found.classes == ("apple", "baby")


def test_a_binary_batch_of_another_size_is_refused(folder: Path) -> None:
    (folder / "data_batch_1.bin").write_bytes(bytes(3_073 * 2 + 5))
    assert "data_batch_1.bin cannot be read (it is cut off)" in refusal(folder)


class Innocent:
    """An object whose unpickling calls a function, which here does nothing."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.getenv, ("HOME",)


def test_a_pickle_that_names_a_function_is_refused(folder: Path) -> None:
    write_pickle(folder / "data_batch_1", {"data": Innocent(), "labels": []})
    assert "it names os.getenv, which could run code" in refusal(folder)


@pytest.mark.parametrize(
    "content", [b"no pickle", pickle.dumps([1]), pickle.dumps({"data": 1}), b""]
)
def test_a_damaged_batch_is_refused(folder: Path, content: bytes) -> None:
    (folder / "data_batch_1").write_bytes(content)
    assert "data_batch_1 cannot be read" in refusal(folder)


# Copies of rows


@pytest.mark.parametrize(
    ("x", "image_format"),
    [
        (grey(), ImageFormat(1, 28, 0)),
        (grey(), ImageFormat(1, 32, 2)),
        (coloured(), ImageFormat(3, 28, 0)),
        (coloured().transpose(0, 3, 1, 2), ImageFormat(3, 32, 2)),
        (grey() / 255.0, ImageFormat(1, 28, 0)),
    ],
)
def test_copied_rows_are_those_that_decoding_gives(
    folder: Path, x: Array, image_format: ImageFormat
) -> None:
    np.savez(folder / "a.npz", x=x, y=labels())
    images = inventory(folder / "a.npz").images
    assert copied_rows.can_copy(images, image_format)
    work = copied_rows.copied(images, image_format)
    pixels, broken = run_to_end(work)[1]
    decoded = np.empty_like(pixels)
    assert not decode_all([image for image, _ in images], image_format, decoded)
    assert not broken
    assert (pixels == decoded).all()


def test_rows_of_other_sizes_or_colours_are_not_copied(folder: Path) -> None:
    np.savez(folder / "a.npz", x=grey(), y=labels())
    images = inventory(folder / "a.npz").images
    for other in (ImageFormat(3, 28, 0), ImageFormat(1, 64, 0), ImageFormat(1, 28, 2)):
        assert not copied_rows.can_copy(images, other)


# Unpacked copies


def test_an_array_is_unpacked_once_until_its_file_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "a.npz"
    np.savez_compressed(file, x=grey(), y=labels())
    first = inventory(file)
    pixels = opened(first.images)
    copies = sorted(kept_copies.folder().glob("*-*"))
    with monkeypatch.context() as patched:
        patched.setattr(kept_copies, "_write_whole", None)
        assert inventory(file).train == first.train
    np.savez_compressed(file, x=grey()[::-1], y=labels())
    os.utime(file, ns=(0, 0))
    assert (opened(inventory(file).images) != pixels).any()
    assert len(sorted(kept_copies.folder().glob("*-*"))) == len(copies) == 2


def test_what_the_disk_has_no_room_for_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(folder / "a.npz", x=grey(), y=labels())
    monkeypatch.setattr(kept_copies, "MOST_BYTES", 1_000)
    assert "needs more than the 1.0 kB that may be used there" in refusal(folder / "a.npz")
    assert not [*kept_copies.folder().glob("*-*")]


def test_a_cache_that_cannot_be_written_is_named(folder: Path) -> None:
    np.savez_compressed(folder / "a.npz", x=grey(), y=labels())
    cache_folder().touch()
    assert "set XDG_CACHE_HOME" in refusal(folder / "a.npz")


def test_arrays_that_are_replaced_and_read_again_are_the_new_ones(folder: Path) -> None:
    """The launcher lives on while the user writes the file anew."""
    np.savez(folder / "a.npz", x=grey(), y=np.where(labels(), 5, 7))
    assert inventory(folder / "a.npz").classes == ("5", "7")
    np.savez(folder / "b.npz", x=grey(), y=np.where(labels(), 2, 3))
    (folder / "b.npz").replace(folder / "a.npz")
    assert inventory(folder / "a.npz").classes == ("2", "3")
