"""The file of predictions: read back, equal bytes, and files that are none."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import RunError
from engine.run import predictions_file
from engine.run.predictions_file import Predictions
from tests.damaged_files import DAMAGES


def example(images: int = 3) -> Predictions:
    return Predictions(
        epoch=4,
        step=120,
        digest="5d41",
        labels=np.arange(images, dtype=np.int32),
        predicted=np.zeros(images, np.int32),
        probability=np.full(images, 0.75, np.float32),
        label_probability=np.full(images, 0.25, np.float32),
        among_five=np.ones(images, np.bool_),
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "predictions.npz"
    predictions_file.write(path, example())
    found = predictions_file.read(path, 3)
    assert found is not None
    for field in dataclasses.fields(Predictions):
        assert np.array_equal(getattr(found, field.name), getattr(example(), field.name))
    assert isinstance(found.epoch, int)
    assert [*tmp_path.iterdir()] == [path]


def test_equal_predictions_are_equal_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = predictions_file.content(example())
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    assert predictions_file.content(example()) == now


def test_a_run_of_an_older_version_has_none(tmp_path: Path) -> None:
    assert predictions_file.read(tmp_path / "predictions.npz", 3) is None


def _without_a_field(path: Path) -> None:
    np.savez(path, epoch=1)


def _of_two_lengths(path: Path) -> None:
    longer = dataclasses.replace(example(), labels=np.zeros(9, np.int32))
    path.write_bytes(predictions_file.content(longer))


def _of_another_kind(path: Path) -> None:
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | {"labels": np.zeros(3)})


def _of_a_class_too_many(path: Path) -> None:
    more = dataclasses.replace(example(), predicted=np.full(3, 3, np.int32))
    path.write_bytes(predictions_file.content(more))


def _of_a_class_below_zero(path: Path) -> None:
    below = dataclasses.replace(example(), labels=np.full(3, -2, np.int32))
    path.write_bytes(predictions_file.content(below))


def _of_no_number(path: Path) -> None:
    missing = dataclasses.replace(example(), probability=np.full(3, np.nan, np.float32))
    path.write_bytes(predictions_file.content(missing))


def _of_no_share(path: Path) -> None:
    large = dataclasses.replace(example(), label_probability=np.full(3, 7, np.float32))
    path.write_bytes(predictions_file.content(large))


@pytest.mark.parametrize(
    "damage",
    [
        *DAMAGES,
        *(_without_a_field, _of_two_lengths, _of_another_kind),
        *(_of_a_class_too_many, _of_a_class_below_zero, _of_no_number, _of_no_share),
    ],
)
def test_a_file_that_is_not_whole_is_refused_in_one_sentence(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "predictions.npz"
    predictions_file.write(path, example())
    damage(path)
    with pytest.raises(RunError, match=r"predictions\.npz (is not a whole|cannot be read)"):
        predictions_file.read(path, 3)


def test_a_write_that_fails_leaves_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "predictions.npz"
    predictions_file.write(path, example())
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        predictions_file.write(path, example(9))
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]
