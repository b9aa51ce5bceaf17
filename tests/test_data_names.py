"""The forms of a data set's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog import data_names
from engine.catalog.data_names import LibrarySet, UserSet
from engine.errors import EngineError
from engine.start.recipe_resolution import resolve_data


@pytest.mark.parametrize(
    ("name", "torchvision", "hub", "user", "short"),
    [
        ("digits", None, None, None, "digits"),
        ("/data/cats", None, None, None, "cats"),
        ("torchvision/DTD", LibrarySet("DTD"), None, None, "DTD"),
        (
            "torchvision/EMNIST:letters",
            LibrarySet("EMNIST", "letters"),
            None,
            None,
            "EMNIST-letters",
        ),
        ("hf/mnist", None, LibrarySet("mnist"), None, "mnist"),
        ("hf/a/cats:big", None, LibrarySet("a/cats", "big"), None, "cats-big"),
        ("/x/own.py:make", None, None, UserSet(Path("/x/own.py"), "make"), "own"),
        ("own.py:small", None, None, UserSet(Path("own.py"), "small"), "own-small"),
        ("./torchvision/DTD", None, None, None, "DTD"),
        ("hf/a/b/c", None, None, None, "c"),
        ("own.py", None, None, None, "own.py"),
    ],
)
def test_a_name_has_one_form(
    name: str,
    torchvision: LibrarySet | None,
    hub: LibrarySet | None,
    user: UserSet | None,
    short: str,
) -> None:
    assert data_names.torchvision_set(name) == torchvision
    assert data_names.hub_set(name) == hub
    assert data_names.user_set(name) == user
    assert data_names.short_name(name) == short


def test_a_folder_with_the_name_of_a_library_is_named_with_a_dot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hf" / "cats").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert resolve_data("hf/cats") == "hf/cats"
    assert resolve_data("./hf/cats") == str(tmp_path / "hf" / "cats")


def test_a_longer_name_is_that_of_a_folder() -> None:
    with pytest.raises(EngineError, match="the data folder hf/a/b/c does not exist"):
        resolve_data("hf/a/b/c")
