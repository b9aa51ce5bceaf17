"""Sets in memory that start from what is kept of their images."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch

from engine.data.base.dataset import Dataset, Images
from engine.data.reading import decoded_images, kept_images
from engine.recipes.recipe import Recipe
from tests.kept_images import store_of
from tests.loading import path_of
from tests.test_cropped_streams import loaded, photos


def resident(folder: Path, cache: Path | str) -> Dataset:
    recipe = Recipe(data=str(folder), size=16, loader="resident", broken="skip", cache=str(cache))
    return loaded(recipe)


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

    def decodes(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(decoded_images, "decoded", decodes)
    second = resident(folder, kept)
    assert same(first, plain)
    assert same(second, plain)
    assert any("come decoded from" in remark for remark in second.remarks)


def test_a_broken_image_stays_broken_and_the_others_are_not_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = photos(tmp_path), tmp_path / "kept"
    (folder / "train" / "a" / "001.png").write_bytes(b"no image")
    plain, first = resident(folder, "off"), resident(folder, kept)
    decoded = decoded_images.decoded
    names: list[str] = []

    def watched(images, *more):  # type: ignore[no-untyped-def]
        names.extend(path_of(image).name for image, _ in images)
        return decoded(images, *more)

    monkeypatch.setattr(decoded_images, "decoded", watched)
    second = resident(folder, kept)
    assert names == ["001.png"]
    assert same(first, plain)
    assert same(second, plain)
    assert any("001.png" in note for note in second.notes)


def test_a_full_disk_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, kept = photos(tmp_path), tmp_path / "kept"
    opened = kept_images.open_kept

    def full(*asked):  # type: ignore[no-untyped-def]
        found = opened(*asked)
        store_of(found)._stop(OSError(errno.ENOSPC, ""))
        return found

    plain = resident(folder, "off")

    monkeypatch.setattr("engine.data.reading.data_reading.open_kept", full)
    data = resident(folder, kept)
    assert same(data, plain)
    assert any("No space left on device" in note for note in data.notes)
