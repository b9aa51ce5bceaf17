"""The images that a user names, without torch: files, folders, archives, arrays, a pipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.data.inventory import inventory_text
from engine.data.inventory.given_images import GivenImages, given_images
from engine.errors import DataError
from tests import small_arrays
from tests.archived_images import files, picture, write_tar, write_zip


def found_in(*places: object, content: bytes = b"") -> GivenImages:
    return given_images([*map(str, places)], content)


def names(found: GivenImages) -> list[str]:
    return [image.file for image in found.images]


def test_a_folder_is_read_to_its_depth_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    (tmp_path / "set/b/c").mkdir(parents=True)
    for name in ("z.png", "b/2.png", "b/c/1.PNG", "a-without-suffix", "b/.hidden.png"):
        (tmp_path / "set" / name).write_bytes(picture(7))
    (tmp_path / "set/labels.csv").write_text("a,b\n")
    (tmp_path / "set/more.zip").write_bytes(b"")
    found = found_in(tmp_path / "set")
    below = [name.removeprefix(f"{tmp_path}/") for name in names(found)]
    assert below == ["set/a-without-suffix", "set/b/2.png", "set/b/c/1.PNG", "set/z.png"]
    assert all(Path(image.file).is_file() for image in found.images)
    (note,) = found.notes
    for part in (
        f"{inventory_text.HIDDEN} (1: b/.hidden.png)",
        "archives (1: more.zip)",
        "(1: labels.csv)",
    ):
        assert part in note
    assert found.folders == {str(tmp_path / "set"): {"b", "c"}}
    assert not found.named


def test_what_is_named_more_than_once_is_found_once_and_said(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for name in ("1.png", "2.png"):
        (tmp_path / "set" / name).write_bytes(picture(7))
    (tmp_path / "link.png").symlink_to("set/2.png")
    write_zip(tmp_path / "a.zip", files())
    one, link, archive = tmp_path / "set/1.png", tmp_path / "link.png", tmp_path / "a.zip"
    found = found_in(one, one, link)
    assert names(found) == [str(one), str(link)]
    assert found.notes == [f"{one} is named more than once, and counted once."]
    found = found_in(link, archive, tmp_path / "set", archive, "-", "-", content=picture(1))
    assert len(found.images) == 1 + 12 + 1 + 1
    assert found.notes[-1].startswith(f"{archive}, -, {tmp_path}/set/2.png are named more than")


def test_archives_are_read_like_folders(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", files() | {"notes.txt": b""})
    write_tar(tmp_path / "b.tar", files("top/"))
    found = found_in(tmp_path / "a.zip", tmp_path / "b.tar")
    assert len(found.images) == 24
    assert names(found)[0] == f"{tmp_path}/a.zip/cat/0.png"
    assert names(found)[-1] == f"{tmp_path}/b.tar/top/dog/5.png"
    for image in found.images:
        image.stored.open().close()
    assert found.notes == [
        f"left out in {tmp_path}/a.zip are {inventory_text.UNUSED_TABLE} (1: notes.txt)."
    ]
    assert found.folders[str(tmp_path / "a.zip")] == {"cat", "dog"}


def test_rows_of_arrays_are_images(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=small_arrays.grey(), y_train=small_arrays.labels())
    found = found_in(tmp_path / "d.npz")
    assert len(found.images) == 12
    assert names(found)[3] == f"{tmp_path}/d.npz/x_train/3"
    assert found.images[3].stored.open().size == (28, 28)


def test_a_file_is_an_image_or_found_to_be_none_later(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "0").write_bytes(picture(1))
    found = found_in(tmp_path / "notes.txt", tmp_path / "0", "-", content=picture(2))
    assert names(found) == [f"{tmp_path}/notes.txt", f"{tmp_path}/0", "-"]
    assert found.named
    assert found.images[2].stored.open().size == (8, 8)
    assert found.images[2].stored.content() == picture(2)


def test_the_order_is_that_of_the_places(tmp_path: Path) -> None:
    for name in ("b.png", "a.png"):
        (tmp_path / name).write_bytes(picture(1))
    assert names(found_in(tmp_path / "b.png", tmp_path / "a.png")) == [
        f"{tmp_path}/b.png",
        f"{tmp_path}/a.png",
    ]


def test_a_place_without_images_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty holds no image: name images, or a folder"):
        found_in(tmp_path / "empty")
    (tmp_path / "empty/.hidden").write_text("")
    with pytest.raises(DataError, match=r"holds no image, but hidden .* \(1: .hidden\): name"):
        found_in(tmp_path / "empty")
    (tmp_path / "0.png").write_bytes(picture(1))
    found = found_in(tmp_path / "empty", tmp_path / "0.png")
    assert len(found.images) == 1
    assert found.notes[0].startswith(f"{tmp_path}/empty holds no image, but hidden")
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DataError, match=r"damaged\.zip cannot be read"):
        found_in(tmp_path / "damaged.zip")
