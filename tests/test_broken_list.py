"""Many broken images stop a run, or are left out; all are listed in a file."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine import text
from engine.data import loading
from engine.data.base.dataset import Dataset
from engine.data.reading import broken_list
from engine.errors import DataError, UndecidedError
from engine.process.run_ending import resume_setting
from engine.recipes.recipe import CHANGEABLE
from engine.recipes.recipe_building import build_recipe
from tests.loading import pixels, run_to_end

LOADERS = ["resident", "streaming"]
COUNT = 300
NOISE = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cnn-tui" / "broken-images"


def folder(root: Path, broken: int, content: bytes = b"no image") -> Path:
    """Training images, every third of the first ones broken; and whole validation images."""
    for split in ("train", "val"):
        for index in range(COUNT):
            file = root / split / "ab"[index * 2 // COUNT] / f"{index:03}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            if split == "train" and index < 3 * broken and index % 3 == 0:
                file.write_bytes(content)
            else:
                Image.fromarray(NOISE).save(file)
    return root


def loaded(root: Path, **settings: Any) -> Dataset:
    chosen = build_recipe(settings={"data": str(root), "size": 8, **settings})
    return run_to_end(loading.load(chosen))[1]


@pytest.mark.parametrize("loader", LOADERS)
def test_many_broken_images_stop_with_the_first_and_a_list_of_all(
    tmp_path: Path, cache: Path, loader: str
) -> None:
    root = folder(tmp_path / "pets and more", broken=40)
    with pytest.raises(UndecidedError) as error:
        loaded(root, loader=loader)
    assert resume_setting(error.value) == "broken=skip"
    sentence = str(error.value)
    assert sentence.startswith("40 of ")
    assert "; the first are train/a/000.png, train/a/003.png, train/a/006.png (not an image)" in (
        sentence
    )
    assert "leave them out with --set broken=skip" in sentence
    (file,) = cache.iterdir()
    assert f"all are listed in {file}:" in sentence
    lines = file.read_text().splitlines()
    assert lines[:2] == ["train/a/000.png\tnot an image", "train/a/003.png\tnot an image"]
    assert len(lines) == 40
    assert re.fullmatch(r"pets-and-more-[0-9a-f]{8}\.txt", file.name)


@pytest.mark.parametrize("loader", LOADERS)
def test_skipped_they_are_counted_named_and_listed(
    tmp_path: Path, cache: Path, loader: str
) -> None:
    data = loaded(folder(tmp_path / "images", broken=40), loader=loader, broken="skip")
    (note,) = data.notes
    assert "cannot be read and are replaced by the next ones; the first are train/a/000" in note
    assert f"all are listed in {next(cache.iterdir())}; evaluations leave them out" in note
    assert len(data.train) == COUNT


def test_a_streamed_set_with_many_broken_in_a_row_goes_on_where_they_are_skipped(
    tmp_path: Path,
) -> None:
    root = folder(tmp_path / "images", broken=0)
    data = loaded(root, loader="streaming", broken="skip")
    for index in range(140):
        (root / "train" / "a" / f"{index:03}.png").write_bytes(b"")
    assert data.train.one(5).at == 140
    stops = loaded(root, loader="streaming", broken="skip").train
    assert stops.one(139).at == 140


def test_three_broken_images_need_no_list(tmp_path: Path, cache: Path) -> None:
    (note,) = loaded(folder(tmp_path / "images", broken=3)).notes
    assert re.search(r"the first are \S+, \S+, \S+ \(not an image\); evaluations", note)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_costs_the_list_alone(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(DataError, match=r"\(not an image\): repair or delete them, or leave"):
        loaded(folder(tmp_path / "images", broken=40))
    assert broken_list.write("images", {"a": "b"}) is None


def test_names_of_any_bytes_are_listed(cache: Path) -> None:
    file = broken_list.write("/data/caf\udce9", {"a/\udce9\n.png": "not an image"})
    assert file is not None
    assert file.parent == cache
    assert file.read_bytes() == b"a/\xe9\n.png\tnot an image\n"


def test_heic_files_alone_need_one_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    root = folder(tmp_path / "images", broken=40, content=b"\0\0\0\x1cftypheic\0\0\0\0mif1heic")
    with pytest.raises(DataError) as error:
        loaded(root)
    assert str(error.value).startswith(f"40 of 600 images in {root} are HEIC, such as train/a/000")
    assert "-m pip install pi-heif`, or leave them out with --set broken=skip." in str(error.value)


def test_a_resume_may_skip_images_that_broke_meanwhile() -> None:
    assert "broken" in CHANGEABLE


def test_whatever_part_is_broken_the_pixels_of_the_others_stay(tmp_path: Path) -> None:
    whole = pixels(loaded(folder(tmp_path / "whole", broken=0)).train)
    data = loaded(folder(tmp_path / "part", broken=40), broken="skip")
    assert pixels(data.train).equal(whole)
    assert text.EXAMPLES == 3
