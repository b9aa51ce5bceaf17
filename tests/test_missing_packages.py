"""What is said where an optional package for data sets is missing or too old."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path

import pytest

from engine.data.inventory import data_inventory
from engine.errors import DataError
from engine.recipes.recipe import Recipe


@pytest.mark.parametrize(
    ("data", "package"), [("hf/someone/cats", "datasets"), ("set.parquet", "pyarrow")]
)
def test_a_missing_package_is_answered_by_the_command_that_installs_it(
    data: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("set.parquet").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError) as caught:
        data_inventory.check(Recipe(data=data))
    expected = f"{data} needs the package {package}, which is not installed: type `"
    assert str(caught.value).startswith(expected)
    assert str(caught.value).endswith(f"{sys.executable} -m pip install {package}`.")


def test_a_version_that_could_run_code_of_a_data_set_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.6.0")
    with pytest.raises(DataError, match=r"has version 3\.6\.0, .* need 4 or later: type `"):
        data_inventory.check(Recipe(data="hf/cats"))
