"""Tables of pixels in CSV files, as they are published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.data.inventory import data_inventory, kept_copies
from engine.data.inventory.containers import table_conversion
from engine.data.inventory.inventory import Inventory
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from tests.inventories import inventory, refusal
from tests.small_arrays import Array, coloured, grey, labels, write_table

PIXEL_NAMES = ",".join(f"pixel{number}" for number in range(784))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    return tmp_path / "set"


def by_row(images: LabelledImages) -> dict[int, tuple[Array, int]]:
    """The images and their classes by the rows that their names tell."""
    return {
        int(image.name.rpartition("/")[2]): (np.asarray(image.open()), label)
        for image, label in images
    }


def assert_same(found: Inventory, x: Array, y: Array) -> None:
    rows = by_row(found.train + found.validation)
    assert len(rows) == len(x)
    assert all((rows[row][0] == x[row]).all() and rows[row][1] == y[row] for row in rows)


def with_labels(x: Array, y: Array, *, last: bool = False) -> Array:
    flat = x.reshape(len(x), -1)
    return np.column_stack([flat, y] if last else [y, flat])


def test_kaggle_s_digits_are_read_and_the_table_without_labels_is_kept(folder: Path) -> None:
    x, y = grey(), labels()
    write_table(folder / "train.csv", with_labels(x, y), "label," + PIXEL_NAMES)
    write_table(folder / "test.csv", x[:4].reshape(4, -1), PIXEL_NAMES)
    write_table(folder / "sample_submission.csv", np.c_[[1, 2], [0, 0]], "ImageId,Label")
    found = inventory(folder)
    assert_same(found, x, y)
    assert [image.name for image in found.unlabelled] == [f"test.csv/{row}" for row in range(4)]


def test_tables_named_by_their_splits_are_one_data_set(folder: Path) -> None:
    x, y = grey(), labels()
    for part in ("train", "test"):
        write_table(folder / f"fashion-mnist_{part}.csv", with_labels(x, y), "label," + PIXEL_NAMES)
    found = inventory(folder)
    assert (found.validates, len(found.train)) == ("test", 12)


def test_a_file_alone_holds_out_a_share(folder: Path) -> None:
    x, y = grey(), labels()
    for part in ("train", "test"):
        write_table(folder / f"mnist_{part}.csv", with_labels(x, y))
    found = inventory(folder / "mnist_train.csv")
    assert found.validates == "held out"
    assert_same(found, x, y)


def test_colours_stand_together_and_the_label_may_be_last(folder: Path) -> None:
    """As in hmnist_28_28_RGB.csv of HAM10000."""
    x, y = coloured(), labels()
    names = ",".join(f"pixel{number:04d}" for number in range(2_352)) + ",label"
    write_table(folder / "hmnist_28_28_RGB.csv", with_labels(x, y, last=True), names)
    assert_same(inventory(folder / "hmnist_28_28_RGB.csv"), x, y)


def test_numbers_may_be_the_names_of_columns(folder: Path) -> None:
    """As in the table of handwritten letters, whose columns pandas named 0, 0.1, 0.2, …"""
    x, y = grey(), labels()
    names = "0," + ",".join(f"0.{number}" for number in range(1, 785))
    write_table(folder / "letters.csv", with_labels(x, y), names)
    assert_same(inventory(folder / "letters.csv"), x, y)


def fer2013(path: Path, x: Array, y: Array, usage: list[str], spaces: str = "") -> None:
    rows = [
        f'{label},"{" ".join(map(str, image.ravel()))}",{use}'
        for image, label, use in zip(x.tolist() and x, y.tolist(), usage, strict=True)
    ]
    header = f"emotion,{spaces}pixels,{spaces}Usage"
    path.write_text("\r\n".join([header, *rows]) + "\r\n")


@pytest.mark.parametrize("spaces", ["", " "])
def test_fer2013_has_its_splits_in_a_column(folder: Path, spaces: str) -> None:
    x, y = grey(side=48), labels()
    usage = ["Training"] * 6 + ["PublicTest"] * 4 + ["PrivateTest"] * 2
    fer2013(folder / "fer2013.csv", x, y, usage, spaces)
    found = inventory(folder / "fer2013.csv")
    assert (found.validates, len(found.validation), len(found.test)) == ("separate", 4, 2)
    assert [image.name for image, _ in found.test] == ["fer2013.csv/10", "fer2013.csv/11"]
    rows = by_row(found.images)
    assert all((rows[row][0] == x[row]).all() for row in range(12))


def test_words_are_labels_too(folder: Path) -> None:
    table = with_labels(grey().astype(str), np.array(["cat", "dog"] * 6))
    write_table(folder / "a.csv", table, "class," + PIXEL_NAMES)
    assert inventory(folder / "a.csv").classes == ("cat", "dog")


@pytest.mark.parametrize("block", [1, 3_000, 1_000_000])
def test_blocks_of_any_size_give_the_same(
    folder: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_conversion, "BLOCK", block)
    x, y = grey(), labels()
    text = write_table(folder / "a.csv", with_labels(x, y), "label," + PIXEL_NAMES).read_text()
    (folder / "a.csv").write_text("\ufeff" + text.replace("\n", "\r\n") + "\r\n\r\n")
    assert_same(inventory(folder / "a.csv"), x, y)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("\n7,", "\n", "row 8 of"),
        ("\n7,", "\n7,7,", "does not have 785 columns"),
        ("\n7,", "\n,", "has no label: add it, or delete that row"),
        ("\n7,", "\n7,x", "row 8 of"),
        ("\n7,", "\n7,-1", "something else than whole numbers"),
        ("\n7,", "\n7,999", "something else than whole numbers"),
        ("\n7,", "\n7,0.5", "something else than whole numbers"),
    ],
)
def test_a_wrong_row_is_named(folder: Path, old: str, new: str, told: str) -> None:
    x = grey()
    x[:, 0, 0] = 0
    text = write_table(folder / "a.csv", with_labels(x, np.arange(12))).read_text()
    (folder / "a.csv").write_text(text.replace(old, new))
    assert told in refusal(folder / "a.csv")
    assert not [*kept_copies.folder().glob("*-*")]


def test_a_table_without_labels_is_refused(folder: Path) -> None:
    write_table(folder / "a.csv", grey().reshape(12, -1), PIXEL_NAMES)
    with pytest.raises(DataError, match="no column with the classes"):
        data_inventory.check(Recipe(data=str(folder / "a.csv")))
    assert "have no labels" in refusal(folder / "a.csv")


def test_an_unknown_split_is_named(folder: Path) -> None:
    fer2013(folder / "a.csv", grey(side=48), labels(), ["Training"] * 11 + ["Other"])
    assert "has other, which name no split" in refusal(folder / "a.csv")


@pytest.mark.parametrize(("most", "unpacked"), [(10**9, True), (100, False)])
def test_the_check_reads_small_tables_to_their_end(
    folder: Path, most: int, unpacked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a wrong row leaves no run."""
    monkeypatch.setattr(kept_copies, "QUICK_BYTES", most)
    file = write_table(folder / "a.csv", with_labels(grey(), labels()))
    data_inventory.check(Recipe(data=str(file)))
    assert kept_copies.folder().exists() is unpacked


@pytest.mark.parametrize("header", ["image,label", "id,f1,f2"])
def test_a_table_of_labels_is_no_table_of_pixels(folder: Path, header: str) -> None:
    (folder / "train.csv").write_text(header + "\na.png,1\n")
    with pytest.raises(DataError):
        data_inventory.check(Recipe(data=str(folder)))
