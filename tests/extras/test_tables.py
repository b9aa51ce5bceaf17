"""Data sets in Parquet and Arrow files, and those of Hugging Face, with the real libraries."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from engine.data import loading
from engine.data.inventory import data_inventory
from engine.data.inventory.containers import hub_sets, item_sets, row_copies
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.stored import table_row
from engine.errors import DataError, EngineError
from engine.recipes.recipe import Recipe
from tests import containers
from tests.forked_engines import ForkServer
from tests.loading import run_to_end
from tests.test_same_images import train

pytestmark = pytest.mark.extras
pa = pytest.importorskip("pyarrow", reason="make test-extras installs it")


def picture(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), value, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def columns(count: int = 10, start: int = 0) -> dict[str, list[Any]]:
    values = range(start, start + count)
    return {
        "image": [{"bytes": picture(value), "path": None} for value in values],
        "label": [value % 2 for value in values],
    }


def write_parquet(path: Path, columns: dict[str, Any], rows: int = 4) -> Path:
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path, row_group_size=rows)
    return path


def found(path: Path | str, **fields: Any) -> Inventory:
    return inventory_of(Recipe(data=str(path), **fields))


def sentence(path: Path | str, **fields: Any) -> str:
    with pytest.raises(EngineError) as caught:
        data_inventory.check(Recipe(data=str(path), **fields))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def value_of(image: Any) -> int:
    return int(image.open().getpixel((0, 0))[0])


def features(names: Sequence[str]) -> Any:
    import datasets

    return datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=[*names])}
    )


def as_dataset(columns: dict[str, Any], names: Sequence[str] = ("cat", "dog")) -> Any:
    import datasets

    return datasets.Dataset.from_dict(columns, features=features(names))


def test_files_of_parquet_are_splits_by_their_names(tmp_path: Path) -> None:
    write_parquet(tmp_path / "data" / "train-00000-of-00002.parquet", columns())
    write_parquet(tmp_path / "data" / "train-00001-of-00002.parquet", columns(6, start=10))
    write_parquet(tmp_path / "data" / "test-00000-of-00001.parquet", columns(4))
    (tmp_path / "README.md").touch()
    inventory = found(tmp_path)
    assert (len(inventory.train), len(inventory.validation), inventory.validates) == (16, 4, "test")
    image, label = inventory.train[13]
    assert (image.name, label) == ("data/train-00001-of-00002.parquet/3", 1)
    assert value_of(pickle.loads(pickle.dumps(image))) == 13


def test_an_image_takes_no_more_than_its_group_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = found(write_parquet(tmp_path / "set.parquet", columns(20)))
    read: list[tuple[int, str]] = []
    column = table_row._ParquetTable.column

    def noted(self: table_row._ParquetTable, group: int, name: str) -> Any:
        read.append((group, name))
        return column(self, group, name)

    monkeypatch.setattr(table_row._ParquetTable, "column", noted)
    image = next(image for image, _ in inventory.images if image.name == "set.parquet/17")
    assert value_of(image) == 17
    assert read == [(4, "image")]


def test_large_groups_of_rows_are_unpacked_once_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_copies, "MOST_GROUP_BYTES", 1_000)
    monkeypatch.setattr(row_copies, "ROWS", 3)
    as_dataset(columns(20)).to_parquet(tmp_path / "set.parquet", batch_size=20)
    inventory = found(tmp_path / "set.parquet")
    assert {image.name: value_of(image) for image, _ in inventory.images} == {
        f"set.parquet/{value}": value for value in range(20)
    }
    assert {image.group for image, _ in inventory.images} == {*range(7)}  # type: ignore[attr-defined]
    assert "lies unpacked in" in inventory.remarks[0]


def test_class_labels_have_their_names_and_minus_one_has_none(tmp_path: Path) -> None:
    given = columns(9)
    given["label"][4] = -1
    as_dataset(given, ("cat", "dog", "never")).to_parquet(tmp_path / "set.parquet")
    inventory = found(tmp_path / "set.parquet", holdout=0.3)
    assert inventory.classes == ("cat", "dog")
    assert [image.name for image in inventory.unlabelled] == ["set.parquet/4"]


def test_a_secret_test_split_is_kept_for_predictions(tmp_path: Path) -> None:
    as_dataset(columns()).to_parquet(tmp_path / "train.parquet")
    hidden = {**columns(4), "label": [-1] * 4}
    as_dataset(hidden).to_parquet(tmp_path / "test.parquet")
    inventory = found(tmp_path)
    assert (inventory.validates, len(inventory.unlabelled)) == ("held out", 4)


def test_what_save_to_disk_writes_is_read_without_what_it_leaves_beside(tmp_path: Path) -> None:
    import datasets

    splits = {"train": as_dataset(columns()), "validation": as_dataset(columns(4, start=50))}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "train" / "cache-0123.arrow").write_bytes(b"left by a map")
    inventory = found(tmp_path / "saved")
    assert (inventory.classes, inventory.validates) == (("cat", "dog"), "separate")
    assert [value_of(image) for image, _ in inventory.validation] == [50, 51, 52, 53]


@pytest.mark.parametrize("form", ["stream", "file"])
def test_both_forms_of_arrow_are_read(form: str, tmp_path: Path) -> None:
    table = pa.table(columns())
    path = tmp_path / "set.arrow"
    opened = pa.ipc.new_stream if form == "stream" else pa.ipc.new_file
    with opened(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    assert {value_of(image) for image, _ in found(path).images} == {*range(10)}


def test_bytes_alone_and_words_are_images_and_labels(tmp_path: Path) -> None:
    given = {
        "content": [picture(value) for value in range(10)],
        "kind": pa.array(["b", "a"] * 5).dictionary_encode(),
        "score": [0.5] * 10,
    }
    inventory = found(write_parquet(tmp_path / "set.parquet", given))
    assert inventory.classes == ("a", "b")


def test_an_image_may_lie_in_a_file_beside_the_table(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    paths = [f"pictures/{value}.png" for value in range(10)]
    for value, path in enumerate(paths):
        (tmp_path / path).write_bytes(picture(value))
    table = {"image": [{"bytes": None, "path": path} for path in paths], "label": [0, 1] * 5}
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    given = {**table, "image": pa.array(table["image"], kind)}
    write_parquet(tmp_path / "tables" / "set.parquet", given)
    (tmp_path / "tables" / "pictures").symlink_to(tmp_path / "pictures")
    assert {value_of(image) for image, _ in found(tmp_path / "tables" / "set.parquet").images} == {
        *range(10)
    }


def test_of_several_columns_one_must_be_chosen(tmp_path: Path) -> None:
    given = columns()
    given = {"img": given["image"], "fine": given["label"], "coarse": [0, 1] * 5}
    path = write_parquet(tmp_path / "set.parquet", given)
    said = sentence(path)
    assert (
        "several columns that may hold the labels (fine, coarse): type --set label_column=fine"
        in said
    )
    assert found(path, label_column="coarse", holdout=0.5).classes == ("0", "1")
    assert "has no column depth of labels, it has img, fine, coarse" in sentence(
        path, label_column="depth"
    )


def test_a_table_without_images_or_labels_is_refused_by_its_columns(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "set.parquet", {"text": ["a"] * 9, "label": [0] * 9})
    assert "has no column of images, it has text, label" in sentence(path)
    path = write_parquet(tmp_path / "set.parquet", {"image": columns(9)["image"], "x": [0.5] * 9})
    assert "has no column of labels, it has image, x" in sentence(path)


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set.parquet").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert "set.parquet cannot be read" in sentence(tmp_path / "set.parquet")


# Hugging Face, with what its library keeps in its cache; the hub itself is not asked.


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the library load these Parquet files for any name, into a cache of the test."""
    import datasets

    original = datasets.load_dataset
    hub_sets._files.cache_clear()

    def offer(**files: Path) -> None:
        def load(name: str, subset: str | None, **options: Any) -> Any:
            cache = str(tmp_path / "cache")
            named = {split: str(file) for split, file in files.items()}
            return original("parquet", data_files=named, cache_dir=cache, **options)

        monkeypatch.setattr(datasets, "load_dataset", load)

    return offer


def test_a_data_set_of_the_hub_is_read_from_the_cache_of_the_library(
    hub: Callable[..., None], tmp_path: Path
) -> None:
    as_dataset(columns()).to_parquet(tmp_path / "a.parquet")
    as_dataset(columns(4, start=30)).to_parquet(tmp_path / "b.parquet")
    hub(train=tmp_path / "a.parquet", test=tmp_path / "b.parquet")
    item_sets.fetch(Recipe(data="hf/someone/cats:small"))
    inventory = found("hf/someone/cats:small")
    assert (inventory.place, inventory.classes) == ("hf/someone/cats", ("cat", "dog"))
    assert [value_of(image) for image, _ in inventory.validation] == [30, 31, 32, 33]


def test_one_split_of_any_name_is_for_training(hub: Callable[..., None], tmp_path: Path) -> None:
    as_dataset(columns()).to_parquet(tmp_path / "a.parquet")
    hub(full=tmp_path / "a.parquet")
    assert found("hf/cats").validates == "held out"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            "Config name is missing.\nPlease pick one among the available configs: ['a', 'b']",
            "has several subsets, it has a, b: type --data hf/cats:a",
        ),
        ("Couldn't reach 'cats' on the Hub", "cannot be loaded (Couldn't reach 'cats' on the Hub"),
    ],
)
def test_what_the_library_says_becomes_a_sentence(
    error: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    def fail(*arguments: object, **options: object) -> None:
        raise ValueError(error)

    monkeypatch.setattr(datasets, "load_dataset", fail)
    hub_sets._files.cache_clear()
    with pytest.raises(DataError) as caught:
        found("hf/cats")
    assert words in str(caught.value).replace("ValueError: ", "")


def test_what_the_library_would_take_for_a_data_set_of_the_hub_is_refused(tmp_path: Path) -> None:
    """It prefers a folder of the working directory, and its readers read what lies there."""
    as_dataset(columns()).to_parquet(tmp_path / "a.parquet")
    data_inventory.check(Recipe(data="hf/someone/cats"))
    (tmp_path / "someone" / "cats").mkdir(parents=True)
    assert "type --data ./someone/cats for that, or rename it" in sentence("hf/someone/cats")
    hub_sets._files.cache_clear()
    with pytest.raises(DataError, match="hf/parquet is no data set of Hugging Face, but what"):
        found("hf/parquet")


# The same weights as from a folder, resident, streamed and resumed.


def parquet_of(place: Path, data: containers.SmallSet) -> Path:
    rows: dict[str, list[tuple[str, bytes]]] = {}
    for name, content in data.files():
        split, label, _ = name.split("/")
        rows.setdefault(split, []).append((label, content))
    for split, pairs in rows.items():
        images = [{"bytes": content, "path": None} for _, content in pairs]
        given = {"image": images, "label": [int(label) for label, _ in pairs]}
        write_parquet(place / f"{split}-00000-of-00001.parquet", given, rows=100)
    return place


def test_the_weights_are_those_of_a_folder_bit_for_bit(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    data = containers.small_set()
    folder, tables = containers.folder(tmp_path, data), parquet_of(tmp_path / "tables", data)

    def trained(path: Path, loader: str, *, killed: bool = False) -> dict[str, Any]:
        fields = {"data": str(path), "loader": loader}
        return train(fork_server, tmp_path / "runs", killed=killed, **fields)

    expected = trained(folder, "resident")
    for found in (trained(tables, "resident"), trained(tables, "streaming", killed=True)):
        assert all(found[name].equal(expected[name]) for name in expected)


def test_threads_may_read_a_table_at_once(tmp_path: Path) -> None:
    recipe = Recipe(data=str(write_parquet(tmp_path / "set.parquet", columns(200), rows=7)))
    dataset = run_to_end(loading.load(msgspec.structs.replace(recipe, loader="resident")))[1]
    assert not any("cannot be read" in note for note in dataset.notes)
