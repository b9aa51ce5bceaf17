"""`cnn-tui cache`: what is kept of decoded images, and how it is removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.data.cache import kept_stores
from engine.data.cache.store_layout import HEADER
from engine.numbers import size
from tests.kept_images import fill, image_files, opened, slots_of, store_of
from tui.cli.command_line import main


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["cache", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two stores: all of one and a half of the other, which is in use."""
    whole, half = (image_files(tmp_path / name, 4, seed) for seed, name in enumerate("ab"))
    found = opened(whole)
    fill(found, whole)
    store_of(found).close()
    found = opened(half)
    fill(found._replace(slots=slots_of(found).part(0, 2)), half[:2])
    _held.append(found)
    return kept_stores.default_folder()


_held: list[object] = []


@pytest.fixture(autouse=True)
def let_go() -> None:
    _held.clear()


def test_each_store_is_listed_and_their_sum(folder: Path) -> None:
    lines = said().splitlines()
    assert "4 of 4" in lines[3]
    assert "complete" in lines[3]
    assert "2 of 4" in lines[2]
    assert "in use" in lines[2]
    taken = sum(store.bytes for store in kept_stores.stores(folder))
    assert lines[-1].startswith(f"{size(taken)} of at most ")


def test_as_json(folder: Path) -> None:
    told = json.loads(said("--json"))
    assert told["folder"] == str(folder)
    assert [(s["there"], s["complete"], s["live"]) for s in told["stores"]] == [
        (2, False, True),
        (4, True, False),
    ]
    assert told["bytes"] == sum(store["bytes"] for store in told["stores"]) < told["most_bytes"]


def test_clear_leaves_what_a_live_run_uses_and_says_so(folder: Path) -> None:
    (live,) = (store for store in kept_stores.stores(folder) if store.live)
    (free,) = (store for store in kept_stores.stores(folder) if not store.live)
    lines = said("--clear").splitlines()
    assert lines[0].startswith("a live run uses the decoded images of photos")
    assert lines[1:] == [f"{size(free.bytes)} freed."]
    assert kept_stores.stores(folder) == [live]


def test_clear_as_json(folder: Path) -> None:
    told = json.loads(said("--clear", "--json"))
    assert told["freed"] > 0
    assert [store["live"] for store in told["kept"]] == [True]


def test_what_is_no_store_is_neither_listed_nor_removed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    images = image_files(tmp_path / "photos", 2)
    found = opened(images, setting=str(mine))
    store_of(found).close()
    header = Path(store_of(found).layout.folder) / HEADER
    header.write_text("{")
    assert f"`cnn-tui cache {mine} --clear`" in found.told[0]
    assert said(str(mine)).startswith("no decoded images are kept in")
    assert said(str(mine), "--clear") == "0 B freed.\n"
    assert header.read_text() == "{"


def test_a_store_of_another_version_and_time_is_listed_and_cleared(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_stores, "VERSION", 0)
    monkeypatch.setattr(kept_stores, "_used", lambda _: 2.0**62)
    assert "of another version" in said()
    said("--clear")
    assert [store.live for store in kept_stores.stores(folder)] == [True]


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert said(str(tmp_path / "none")) == f"no decoded images are kept in {tmp_path / 'none'}.\n"
    assert said(str(tmp_path / "none"), "--clear") == "0 B freed.\n"
    assert not (tmp_path / "none").exists()
