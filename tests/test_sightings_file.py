"""The file of what was seen of the training images: read back, equal bytes, and damaged ones."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import RunError
from engine.run import sightings_file
from engine.run.sightings_file import SightingsFile
from tests.damaged_files import DAMAGES

IMAGES, CLASSES = 4, 3


def example(**fields: Any) -> SightingsFile:
    usual = SightingsFile(
        digest="5d41",
        epoch=6,
        since_epoch=2,
        labels=np.array([0, 1, 2, 0], np.int32),
        sightings=np.array([5, 5, 4, 0], np.int32),
        agreed=np.array([6, 0, 3, 0], np.int32),
        logits=np.arange(IMAGES * CLASSES, dtype=np.float32).reshape(IMAGES, CLASSES),
    )
    return dataclasses.replace(usual, **fields)


MARGINS = {
    "logits": None,
    "margins": np.array([0.5, -1, 1, 0], np.float32),
    "held": np.array([1, 2, 0, -1], np.int32),
}


@pytest.mark.parametrize("fields", [{}, MARGINS])
def test_what_is_written_is_read(tmp_path: Path, fields: dict[str, Any]) -> None:
    path, expected = tmp_path / "sightings.npz", example(**fields)
    sightings_file.write(path, expected)
    found = sightings_file.read(path, CLASSES)
    assert found is not None
    for field in dataclasses.fields(SightingsFile):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        assert (ours is None) == (theirs is None)
        assert np.array_equal(ours, theirs)
    assert (type(found.epoch), type(found.digest)) == (int, str)
    assert [*tmp_path.iterdir()] == [path]


def test_equal_content_is_equal_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = sightings_file.content(example())
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    assert sightings_file.content(example()) == now


def test_the_page_has_a_row_for_each_array() -> None:
    page = Path(__file__).parents[1] / "docs" / "testing.md"
    table = page.read_text().partition("`sightings.npz` holds")[2].partition("|---|---|\n")[2]
    heads = [row.split("|")[1] for row in table.partition("\n\n")[0].splitlines()]
    named = [name for head in heads for name in re.findall("`([a-z_]+)`", head)]
    assert sorted(named) == sorted(field.name for field in dataclasses.fields(SightingsFile))


def test_a_run_that_counts_none_has_no_file(tmp_path: Path) -> None:
    assert sightings_file.read(tmp_path / "sightings.npz", CLASSES) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"labels": np.array([0, 1, 3, 0], np.int32)},
        {"labels": np.array([0, 1, 2, -1], np.int32)},
        {"labels": np.array([0, 1, 2, 0], np.int64)},
        {"labels": np.zeros(IMAGES + 1, np.int32)},
        {"sightings": np.array([5, 5, 4, -1], np.int32)},
        {"agreed": np.array([7, 0, 3, 0], np.int32)},
        {"agreed": np.array([6, -1, 3, 0], np.int32)},
        {"logits": np.zeros((IMAGES, CLASSES + 1), np.float32)},
        {"logits": np.full((IMAGES, CLASSES), np.nan, np.float32)},
        {"logits": np.full((IMAGES, CLASSES), np.inf, np.float32)},
        {"logits": None},
        {**MARGINS, "margins": np.array([0.5, -1.1, 1, 0], np.float32)},
        {**MARGINS, "margins": np.array([0.5, np.nan, 1, 0], np.float32)},
        {**MARGINS, "held": np.array([1, 3, 0, -1], np.int32)},
        {**MARGINS, "held": np.array([1, 2, 0, -2], np.int32)},
        {"since_epoch": 0},
        {"since_epoch": 7},
    ],
)
def test_values_that_cannot_be_are_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    path = tmp_path / "sightings.npz"
    sightings_file.write(path, example(**fields))
    with pytest.raises(RunError, match=r"sightings\.npz is not whole"):
        sightings_file.read(path, CLASSES)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_not_whole_is_refused_in_one_sentence(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "sightings.npz"
    sightings_file.write(path, example())
    damage(path)
    with pytest.raises(RunError, match=r"sightings\.npz (is not whole|cannot be read)"):
        sightings_file.read(path, CLASSES)
