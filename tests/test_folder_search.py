"""Folders of images that the launcher offers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.test_folder_listing import tree
from tui.screens.launcher import folder_search
from tui.screens.launcher.folder_search import image_folders


def names(*places: Path) -> list[str]:
    return [os.path.basename(path) for path in image_folders(places, never)]


def never() -> bool:
    return False


def test_folders_of_classes_are_found(tmp_path: Path) -> None:
    tree(tmp_path, "pets/cat/1.jpg", "pets/dog/1.PNG", "pets/read.me")
    tree(tmp_path, "split/train/cat/1.jpg", "split/train/dog/1.jpg", "split/test/1.jpg")
    tree(tmp_path, "flat/1.jpg", "one/cat/1.jpg", "code/src/a.py", "code/docs/1.jpg")
    tree(tmp_path, ".hidden/cat/1.jpg", ".hidden/dog/1.jpg", "empty/cat/note.txt", "1.jpg")
    assert names(tmp_path) == ["pets", "split"]
    assert image_folders([tmp_path], never)[0] == str(tmp_path / "pets")


def test_a_place_is_searched_once_and_one_that_is_not_there_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, "pets/cat/1.jpg", "pets/dog/1.jpg")
    (tmp_path / "circle").symlink_to("circle")
    monkeypatch.chdir(tmp_path)
    assert names(tmp_path / "nowhere", tmp_path, Path(), tmp_path / "pets" / "..") == ["pets"]


def test_a_place_may_be_a_set_itself_and_its_splits_are_none(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "pets", *(f"{split}/{i}/1.jpg" for split in ("train", "val") for i in "ab")
    )
    assert image_folders([root, root / "train", tmp_path], never) == (
        str(root),
        str(root / "train"),
    )
    assert names(tmp_path) == ["pets"]
    tree(tmp_path / "birds", "hen/1.jpg", "owl/1.jpg")
    assert names(tmp_path / "birds") == ["birds"]


def test_plain_files_hide_no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, *(f"pets/{name}" for name in ("cat/1.jpg", "dog/1.jpg")))
    for place in (tmp_path, tmp_path / "pets"):
        tree(place, *(f"{number}.txt" for number in range(30)))
    monkeypatch.setattr(folder_search, "GLANCE", 2)
    assert names(tmp_path) == ["pets"]


def test_the_search_ends_with_enough_folders_or_when_nobody_waits_for_it(tmp_path: Path) -> None:
    for pets in "abcdef":
        tree(tmp_path, *(f"{pets}/{kind}/1.jpg" for kind in ("cat", "dog")))
    left = 2

    def cancelled() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    assert image_folders([tmp_path], cancelled) == (str(tmp_path / "a"),)
    left = 5  # the place itself, and the first four in it
    assert len(image_folders([tmp_path, tmp_path / "a"], cancelled)) == 4
    assert left == 0


def test_the_look_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for pets in "abcdef":
        tree(tmp_path, *(f"{pets}/{kind}/1.jpg" for kind in ("cat", "dog")))
    assert names(tmp_path) == ["a", "b", "c", "d"]
    monkeypatch.setattr(folder_search, "GLANCE", 1)
    assert names(tmp_path) == []
    monkeypatch.setattr(folder_search, "GLANCE", 100)
    monkeypatch.setattr(folder_search, "FIRST_ENTRIES", 0)
    assert names(tmp_path) == []
