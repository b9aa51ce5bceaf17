"""Sets in memory that start from what is kept of their images."""

from __future__ import annotations

import errno
import os
import tracemalloc
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.data.base.dataset import Dataset, Images
from engine.data.cache import cache_text, image_store, kept_stores
from engine.data.cache.image_slots import ImageSlots
from engine.data.cache.image_store import ImageStore
from engine.data.cache.store_layout import PIXELS
from engine.data.cache.store_opening import OpenedStore
from engine.data.decoding.decode import decode
from engine.data.decoding.decode_buffer import SharedMemory
from engine.data.decoding.image_format import ImageFormat
from engine.data.reading import decoded_images, kept_images
from engine.data.reading.decoded_images import DecodedImages
from engine.data.reading.kept_images import kept_or_decoded
from engine.recipes.recipe import Recipe
from engine.run import label_decisions
from tests.kept_images import VIEWS, fill, image_files, opened, slots_of, store_of
from tests.loading import path_of, run_to_end
from tests.test_cropped_streams import loaded, photos


def resident(folder: Path, cache: Path | str, **fields: Any) -> Dataset:
    given = {"size": 16, "loader": "resident", "broken": "skip", **fields}
    return loaded(Recipe(data=str(folder), cache=str(cache), **given))


def same(one: Dataset, other: Dataset) -> bool:
    for images, others in ((one.train, other.train), (one.validation, other.validation)):
        assert isinstance(images, Images)
        assert isinstance(others, Images)
        if not torch.equal(images.pixels, others.pixels):
            return False
        if not torch.equal(images.evaluated_labels, others.evaluated_labels):
            return False
    return one.mean == other.mean


@pytest.mark.parametrize("many", [4, 1000], ids=["by processes", "by threads"])
def test_a_second_start_decodes_nothing_and_has_the_same_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(decoded_images, "MANY_IMAGES", many)
    folder, kept = photos(tmp_path), tmp_path / "kept"
    plain, first = resident(folder, "off"), resident(folder, kept)

    decoded = watched_decoding(monkeypatch)
    second = resident(folder, kept)
    assert same(first, plain)
    assert same(second, plain)
    assert any("come decoded from" in remark for remark in second.remarks)
    assert decoded == []


def watched_decoding(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded from now on."""
    names: list[str] = []
    decoded = decoded_images.decoded

    def watched(images, *more):  # type: ignore[no-untyped-def]
        names.extend(path_of(image).name for image, _ in images)
        return decoded(images, *more)

    monkeypatch.setattr(decoded_images, "decoded", watched)
    return names


def dropping(folder: Path, *names: str) -> str:
    """A file of decisions that drop these images."""
    file = folder / f"{len(names)}.toml"
    file.write_bytes(label_decisions.to_toml(dict.fromkeys(names, "drop")))
    return str(file)


def test_after_a_run_without_decisions_one_that_drops_images_decodes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = photos(tmp_path), tmp_path / "kept"
    resident(folder, kept)
    decisions = dropping(tmp_path, "train/a/001.png", "train/b/006.png", "val/b/007.png")
    plain = resident(folder, "off", decisions=decisions)
    decoded = watched_decoding(monkeypatch)
    assert same(resident(folder, kept, decisions=decisions), plain)
    assert decoded == []
    assert len(kept_stores.stores(kept)) == 1


def test_a_dropped_image_is_decoded_only_by_a_run_that_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = photos(tmp_path), tmp_path / "kept"
    (folder / "train" / "a" / "001.png").write_bytes(b"no image")
    decisions = dropping(tmp_path, "train/a/001.png", "train/b/006.png")
    first = resident(folder, kept, decisions=decisions, broken="stop")
    assert any("the 10 images are kept decoded in" in remark for remark in first.remarks)
    second = resident(folder, kept, decisions=decisions, broken="stop")
    assert any("10 of 10 images come decoded from" in remark for remark in second.remarks)
    decoded = watched_decoding(monkeypatch)
    assert same(resident(folder, kept), resident(folder, "off"))
    assert decoded[:2] == ["001.png", "006.png"]
    assert len(kept_stores.stores(kept)) == 1


def test_a_broken_image_stays_broken_and_the_others_are_not_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = photos(tmp_path), tmp_path / "kept"
    (folder / "train" / "a" / "001.png").write_bytes(b"no image")
    plain, first = resident(folder, "off"), resident(folder, kept)
    decoded = watched_decoding(monkeypatch)
    second = resident(folder, kept)
    assert decoded == ["001.png"]
    assert same(first, plain)
    assert same(second, plain)
    assert any("001.png" in note for note in second.notes)


@pytest.mark.parametrize("many", [8, 1000], ids=["by processes", "by threads"])
def test_the_memory_holds_the_pixels_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(decoded_images, "MANY_IMAGES", many)
    monkeypatch.setattr(image_store, "CHUNK", 4)
    files, form = image_files(tmp_path / "photos", 64), ImageFormat(3, 64)
    plain = np.stack([decode(file, form) for file in files])
    slots = slots_of(opened(files, form))
    every_third = ImageSlots(slots.store, slots.numbers[::3])
    fill(OpenedStore(every_third), files[::3])
    shared = watched_shared_memory(monkeypatch)
    tracemalloc.start()
    try:
        work = kept_or_decoded([(file, 0) for file in files], form, 1, slots)
        found = run_to_end(work)[1]
        most = tracemalloc.get_traced_memory()[1] + sum(shared)
    finally:
        tracemalloc.stop()
    assert np.array_equal(found.pixels, plain)
    assert bool(shared) is (many == 8)
    assert most < 1.4 * plain.nbytes


def watched_shared_memory(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of shared memory, which `tracemalloc` does not see, as it is made."""
    made: list[int] = []
    zeroed = SharedMemory.zeroed

    def watched(size: int) -> SharedMemory:
        made.append(size)
        return zeroed(size)

    monkeypatch.setattr(SharedMemory, "zeroed", watched)
    return made


def test_images_whose_store_is_cut_off_just_now_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = image_files(tmp_path / "photos", 6)
    found = opened(files, VIEWS)
    fill(found, files)
    slots = slots_of(found)
    there = slots.store.there()
    os.truncate(slots.store.layout.path(PIXELS), 2 * slots.store.layout.slot_bytes + 9)
    monkeypatch.setattr(ImageStore, "there", lambda _: there)
    monkeypatch.setattr(decoded_images, "MANY_IMAGES", 4)  # as many are lost
    by_processes, noted = decoded_images.decode_by_processes, "a process was replaced"

    def watched(*asked: Any) -> Generator[float, None, DecodedImages]:
        return (yield from by_processes(*asked))._replace(notes=(noted,))

    monkeypatch.setattr(decoded_images, "decode_by_processes", watched)
    read = run_to_end(kept_or_decoded([(file, 0) for file in files], VIEWS, 1, slots))[1]
    assert np.array_equal(read.pixels, [decode(file, VIEWS) for file in files])
    assert read.notes == (noted, cache_text.cut_off(os.path.dirname(slots.store.layout.folder)))


def test_a_full_disk_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, kept = photos(tmp_path), tmp_path / "kept"
    opened = kept_images.open_kept

    def full(*asked):  # type: ignore[no-untyped-def]
        found = opened(*asked)
        store_of(found)._stop(OSError(errno.ENOSPC, ""))
        return found

    plain = resident(folder, "off")

    monkeypatch.setattr("engine.data.reading.training_reading.open_kept", full)
    data = resident(folder, kept)
    assert same(data, plain)
    assert any("No space left on device" in note for note in data.notes)
