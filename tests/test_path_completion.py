"""The completion of paths, and the memory of folders, without an app."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.run import run_paths
from tui.screens.launcher import known_folders
from tui.screens.launcher.folder_reading import image_folder
from tui.screens.launcher.new_run import NewRun
from tui.screens.path_completion import completed


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, which is not the working directory."""
    home = tmp_path / "home"
    for name in ("data/birds", "data/bikes", ".hidden", "deep/only/one"):
        (home / name).mkdir(parents=True)
    for name in ("bill.txt", "digits.npz", "pets.tar.gz"):
        (home / "data" / name).touch()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.mark.parametrize(
    ("written", "path", "names"),
    [
        ("~", "~/", []),
        ("~/d", "~/d", ["data", "deep"]),
        ("~/da", "~/data/", ["data"]),
        ("~/data/", "~/data/", ["bikes", "birds", "digits.npz", "pets.tar.gz"]),
        ("~/data/b", "~/data/bi", ["bikes", "birds"]),
        ("~/data/pe", "~/data/pets.tar.gz", ["pets.tar.gz"]),
        ("~/data/bir", "~/data/birds/", ["birds"]),
        ("~/deep/", "~/deep/only/", ["only"]),
        ("~/.h", "~/.hidden/", [".hidden"]),
        ("~/data/x", "~/data/x", []),
        ("~/nowhere/x", "~/nowhere/x", []),
        ("hom", "home/", ["home"]),
    ],
)
def test_a_path_is_completed_as_by_a_shell(
    home: Path, written: str, path: str, names: list[str]
) -> None:
    assert completed(written) == (path, names)


def test_a_file_of_data_is_as_welcome_as_a_folder(home: Path) -> None:
    np.savez(home / "a.npz", x=np.zeros((8, 28, 28), np.uint8), y=[0, 1] * 4)
    found = image_folder(str(home / "a.npz"), NewRun())
    assert (found.path, found.images) == (str(home / "a.npz"), 8)


def test_folders_are_remembered_newest_first(home: Path) -> None:
    birds, bikes = str(home / "data/birds"), str(home / "data/digits.npz")
    assert known_folders.known() == []
    for folder in (birds, bikes, birds, "bad\nname"):
        known_folders.remember(folder)
    assert known_folders.known() == [birds, bikes]
    Path(birds).rmdir()
    assert known_folders.known() == [bikes]


def test_a_memory_that_cannot_be_read_or_written_is_empty(home: Path) -> None:
    file = run_paths.state_dir().parent
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    known_folders.remember(str(home))
    assert known_folders.known() == []
