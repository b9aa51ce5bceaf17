"""What tells of an upgrade: the date of a module, or another version of a package."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import engine
from engine.start.code_stamp import code_stamp


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages in the place of the real one."""
    for file in ("engine/data/sets.py", "torch/__init__.py", "torch-1.0.dist-info/RECORD"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.setattr(engine, "__path__", [str(tmp_path / "engine")])
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def edit_a_module(site: Path) -> None:
    os.utime(site / "engine/data/sets.py", (1, 1))


def add_a_module(site: Path) -> None:
    (site / "engine/new.py").touch()


def upgrade_torch(site: Path) -> None:
    (site / "torch-1.0.dist-info").rename(site / "torch-1.1.dist-info")


@pytest.mark.parametrize("change", [edit_a_module, add_a_module, upgrade_torch])
def test_an_upgrade_changes_it(site: Path, change: Callable[[Path], None]) -> None:
    before = code_stamp()
    assert code_stamp() == before
    change(site)
    assert code_stamp() != before


def test_what_python_writes_for_itself_does_not(site: Path) -> None:
    before = code_stamp()
    for cache in ("__pycache__", "engine/__pycache__"):
        (site / cache).mkdir()
        (site / cache / "sets.cpython-311.pyc").touch()
    assert code_stamp() == before
