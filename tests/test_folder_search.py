"""Folders of images that the launcher offers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.test_folder_listing import tree
from tui.screens.launcher import folder_search
from tui.screens.launcher.folder_search import image_folders


def names(*places: Path) -> list[str]:
    return [os.path.basename(path) for path in image_folders(places)]


def test_folders_of_classes_are_found(tmp_path: Path) -> None:
    tree(tmp_path, "pets/cat/1.jpg", "pets/dog/1.PNG", "pets/read.me")
    tree(tmp_path, "split/train/cat/1.jpg", "split/train/dog/1.jpg", "split/test/1.jpg")
    tree(tmp_path, "flat/1.jpg", "one/cat/1.jpg", "code/src/a.py", "code/docs/1.jpg")
    tree(tmp_path, ".hidden/cat/1.jpg", ".hidden/dog/1.jpg", "empty/cat/note.txt", "1.jpg")
    assert names(tmp_path) == ["pets", "split"]
    assert image_folders([tmp_path])[0] == str(tmp_path / "pets")


def test_a_place_is_searched_once_and_one_that_is_not_there_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, "pets/cat/1.jpg", "pets/dog/1.jpg")
    (tmp_path / "circle").symlink_to("circle")
    monkeypatch.chdir(tmp_path)
    assert names(tmp_path / "nowhere", tmp_path, Path(), tmp_path / "pets" / "..") == ["pets"]


def test_the_look_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for pets in "abcdef":
        tree(tmp_path, *(f"{pets}/{kind}/1.jpg" for kind in ("cat", "dog")))
    assert names(tmp_path) == ["a", "b", "c", "d"]
    monkeypatch.setattr(folder_search, "GLANCE", 1)
    assert names(tmp_path) == []
    monkeypatch.setattr(folder_search, "GLANCE", 100)
    tree(tmp_path, *(f"a/cat/{number}.txt" for number in range(50)))
    (tmp_path / "a" / "cat" / "1.jpg").unlink()
    assert names(tmp_path)[0] == "b"
