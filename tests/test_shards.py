"""Shards of WebDataset: tar archives in which files of one name form a sample."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data.inventory import data_inventory
from engine.data.inventory.containers.shard_splits import split_in
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from tests.archived_images import write_tar


def picture(value: int = 0, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), value, np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def samples(count: int = 8, start: int = 0) -> dict[str, bytes]:
    """Pairs of `.png` and `.cls`, of two classes in turn."""
    files = {}
    for at in range(start, start + count):
        files[f"{at:06}.png"] = picture(at)
        files[f"{at:06}.cls"] = b"%d" % (at % 2)
    return files


def write(path: Path, files: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_tar(path, files)


def found(path: Path, **fields: Any) -> Inventory:
    return inventory_of(Recipe(data=str(path), **fields))


def labels(inventory: Inventory) -> list[int]:
    return [label for _, label in inventory.images]


def test_shards_in_a_folder_are_splits_by_their_names(tmp_path: Path) -> None:
    write(tmp_path / "set-train-000000.tar", samples())
    write(tmp_path / "set-train-000001.tar", samples(4, start=8))
    write(tmp_path / "set-val-000000.tar", samples(2))
    inventory = found(tmp_path)
    assert (len(inventory.train), len(inventory.validation), inventory.validates) == (
        12,
        2,
        "separate",
    )
    image, label = inventory.train[9]
    assert (image.name, label) == ("set-train-000001.tar/000009.png", 1)
    assert image.open().getpixel((0, 0)) == (9, 9, 9)


def test_one_shard_alone_holds_out_a_share(tmp_path: Path) -> None:
    inventory = found(write(tmp_path / "0.tar", samples(20)))
    assert (inventory.validates, len(inventory.validation)) == ("held out", 4)


def test_folders_of_splits_and_a_file_of_class_names(tmp_path: Path) -> None:
    write(tmp_path / "train" / "0.tar", samples())
    write(tmp_path / "test" / "0.tar", samples(4))
    (tmp_path / "classnames.txt").write_text("cat\ndog\n")
    inventory = found(tmp_path)
    assert (inventory.classes, inventory.validates) == (("cat", "dog"), "test")


def test_the_name_of_a_sample_ends_at_the_first_dot(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for at in range(12):
        files |= {f"v1.0/{at}.input.jpg": picture(at, "JPEG"), f"v1.0/{at}.CLS": b"%d\n" % (at % 3)}
    inventory = found(write(tmp_path / "0.tar", files))
    assert (len(inventory.classes), len(inventory.images)) == (3, 12)


def test_samples_need_not_stand_together_nor_have_one_format(tmp_path: Path) -> None:
    files = samples(8)
    files["000003.webp"] = picture(3, "WEBP")
    del files["000003.png"]
    ordered = dict(sorted(files.items(), key=lambda item: item[0][::-1]))
    assert len(found(write(tmp_path / "0.tar", ordered)).images) == 8


def test_words_are_labels_too(tmp_path: Path) -> None:
    files = {
        name: content if name.endswith("png") else (b"dog", b"cat")[int(content)]
        for name, content in samples().items()
    }
    inventory = found(write(tmp_path / "0.tar", files))
    assert inventory.classes == ("cat", "dog")


def with_fields(fields: str) -> dict[str, bytes]:
    files = {name: content for name, content in samples().items() if name.endswith("png")}
    told = {f"{at:06}.json": (fields % (at % 2)).encode() for at in range(8)}
    return files | told


def test_a_field_named_label_is_the_label(tmp_path: Path) -> None:
    path = write(tmp_path / "0.tar", with_fields('{"width": 8, "label": %d}'))
    assert labels(found(path, holdout=0.5)).count(1) == 4


def test_of_other_fields_one_must_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path / "0.tar", with_fields('{"kind": %d, "height": 8}'))
    with pytest.raises(
        DataError, match=r"several columns .* \(kind, height\): type --set label_column=kind"
    ):
        data_inventory.check(Recipe(data=str(path)))
    assert found(path, label_column="kind").classes == ("0", "1")


def test_of_several_images_one_must_be_chosen(tmp_path: Path) -> None:
    files = samples()
    files |= {f"{at:06}.mask.png": picture(100 + at) for at in range(8)}
    path = write(tmp_path / "0.tar", files)
    with pytest.raises(DataError, match="--set image_column=png"):
        found(path)
    image, _ = found(path, image_column="mask.png").train[0]
    assert image.name.endswith("mask.png")


def test_images_without_a_label_are_kept_for_predictions(tmp_path: Path) -> None:
    files = samples()
    del files["000002.cls"]
    inventory = found(write(tmp_path / "0.tar", files))
    assert [image.name for image in inventory.unlabelled] == ["0.tar/000002.png"]


def test_a_tar_of_an_image_folder_is_no_shard(tmp_path: Path) -> None:
    files = {f"{name}/{at}.png": picture(at) for name in ("cat", "dog") for at in range(4)}
    assert found(write(tmp_path / "0.tar", files)).classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a/train-0.tar", "b/train-0.tar"), "holds several data sets (a, b): name the folder"),
        (("test-0.tar",), "has no split for training, it has test"),
    ],
)
def test_shards_that_are_no_one_set_are_refused(
    names: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    for name in names:
        write(tmp_path / name, samples())
    with pytest.raises(DataError) as caught:
        found(tmp_path)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("data/train-00000-of-00004.parquet", "train"),
        ("imagenet1k-validation-07.tar", "validation"),
        ("train-cifar10-000.tar", "train"),
        ("plain_text/test/0000.parquet", "test"),
        ("test/train-0.tar", "train"),
        ("000000.tar", None),
    ],
)
def test_the_name_of_a_shard_says_its_split(name: str, split: str | None) -> None:
    assert split_in(name) == split
