"""What lies in a folder: images, tables, and what is left out by reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from engine.data.inventory import data_inventory, inventory_text
from engine.data.inventory.listing import folder_listing
from engine.data.inventory.listing.folder_listing import FolderListing
from engine.data.stored.image_kinds import looks_like_image
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from tests.loading import scan


def tree(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def test_a_listing_has_images_tables_and_empty_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = FolderListing(tree(tmp_path, "b/2.JPG", "b/1.jfif", "a/x/3.heic", "a.csv"))
    assert found.folders == {"": [], "a": [], "a/x": ["3.heic"], "b": ["1.jfif", "2.JPG"]} | {
        "empty": []
    }
    assert found.tables == ["a.csv"]
    assert found.skipped == {}
    assert found.image("b/2.JPG").path == tmp_path / "b/2.JPG"


def test_what_is_left_out_is_named_by_reason(tmp_path: Path) -> None:
    tree(
        tmp_path,
        *("a/1.jpg", "a/._1.jpg", "a/.2.jpg", "a/Thumbs.db", "a/3.txt.gz", "more.zip", "a/x.json"),
        *("__MACOSX/a/._1.jpg", ".git/4.jpg", "a/unknown.what"),
    )
    os.symlink("nowhere.jpg", tmp_path / "a/gone.jpg")
    os.symlink("circle.jpg", tmp_path / "a/circle.jpg")
    os.symlink("circle.jpg", tmp_path / "circle.jpg")
    os.mkfifo(tmp_path / "a/pipe.jpg")
    assert FolderListing(tmp_path).skipped == {
        inventory_text.RESOURCE_FORK: ["a/._1.jpg"],
        inventory_text.HIDDEN: [".git", "a/.2.jpg"],
        inventory_text.SYSTEM: ["__MACOSX", "a/Thumbs.db"],
        inventory_text.ARCHIVE: ["a/3.txt.gz", "more.zip"],
        inventory_text.OTHER_FORMAT: ["a/unknown.what", "a/x.json"],
        inventory_text.DANGLING: ["a/circle.jpg", "a/gone.jpg", "circle.jpg"],
        inventory_text.SPECIAL: ["a/pipe.jpg"],
    }


def test_links_to_images_and_folders_are_followed_and_circles_are_not(tmp_path: Path) -> None:
    tree(tmp_path / "there", "c/1.jpg", "c/d/2.jpg")
    tree(tmp_path / "set", "a/1.jpg")
    os.symlink(tmp_path / "there/c/1.jpg", tmp_path / "set/a/2.jpg")
    os.symlink("../there/c", tmp_path / "set/b")
    os.symlink("..", tmp_path / "set/a/up")
    os.symlink("../../set", tmp_path / "there/c/back")
    found = FolderListing(tmp_path / "set")
    assert found.folders == {
        "": [],
        "a": ["1.jpg", "2.jpg"],
        "b": ["1.jpg"],
        "b/d": ["2.jpg"],
    }
    assert found.skipped == {inventory_text.LOOP: ["a/up", "b/back"]}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    tree(tmp_path, "a/1.jpg", "b/1.jpg")
    (tmp_path / "b").chmod(0)
    try:
        assert FolderListing(tmp_path).skipped == {inventory_text.UNREADABLE: ["b"]}
    finally:
        (tmp_path / "b").chmod(0o700)


def test_files_without_a_suffix_that_tells_are_looked_into(tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tree(tmp_path, "a/x").joinpath("a/0003"), "PNG")
    (tmp_path / "a/readme").write_text("no image")
    found = FolderListing(tmp_path)
    assert found.folders["a"] == ["0003"]
    assert found.skipped == {inventory_text.OTHER_FORMAT: ["a/readme", "a/x"]}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000"])
def test_first_bytes_tell_images(tmp_path: Path, kind: str) -> None:
    Image.new("RGB", (40, 40)).save(tmp_path / "x", kind)
    assert looks_like_image((tmp_path / "x").read_bytes()[:32])


def test_first_bytes_of_other_files_do_not() -> None:
    for content in (b"", b"BM is how this text begins and goes on", b"P5rl", b"RIFF....WAVEfmt "):
        assert not looks_like_image(content)


# A glance


def test_a_glance_reads_few_images_of_a_folder(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{name}/{i}.jpg" for name in "ab" for i in range(9)))
    found = FolderListing(tmp_path, glance=3)
    assert found.glanced
    assert {name: len(images) for name, images in found.folders.items()} == {"": 0, "a": 3, "b": 3}


def test_where_a_glance_is_not_enough_all_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_listing, "GLANCE", 3)
    tree(tmp_path, *(f"all/{name}{i:02}.jpg" for name in ("cat", "dog") for i in range(9)))
    with pytest.raises(DataError, match="the 18 images in"):
        data_inventory.check(Recipe(data=str(tmp_path)))
    recipe = Recipe(data=str(tmp_path), labels="prefix")
    assert data_inventory.class_names(recipe) == ("cat", "dog")


# The inventory


def test_what_is_left_out_and_lacking_is_said(tmp_path: Path) -> None:
    tree(tmp_path, *(f"train/{name}/{i}.jpg" for name in "ab" for i in range(5)))
    found = scan(tree(tmp_path, "val/a/1.jpg", "test/1.jpg", "test/2.jpg", "train/a/.DS_Store"))
    assert found.layout == "train/CLASS, test/*, val/CLASS"
    assert [image.name for image in found.unlabelled] == ["test/1.jpg", "test/2.jpg"]
    assert found.notes == (
        "no validation image is of the class b: the accuracy says nothing about it.",
        "some images have no class (2: test/1.jpg, test/2.jpg) and are kept for predictions.",
    )
    assert found.remarks == ("left out are hidden files and folders (1: train/a/.DS_Store).",)


def test_images_that_are_left_out_are_a_warning_and_other_files_none(tmp_path: Path) -> None:
    tree(tmp_path, *(f"train/{name}/{i}.jpg" for name in "ab" for i in range(5)))
    tree(tmp_path, "README.md", "train/loose.jpg", "notes.txt", *(f"val/{x}/1.jpg" for x in "ab"))
    found = scan(tmp_path)
    assert found.notes == (
        "left out are images beside the folders of classes (1: train/loose.jpg).",
    )
    assert found.remarks == (
        "left out are files of other formats (1: README.md); tables and other text files "
        "that are not used (1: "
        "notes.txt).",
    )
