"""The file of the names of images: read back, equal bytes, damaged ones, and those of a run."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.checkpoints import checkpoint
from engine.data.base.dataset import Split
from engine.data.loading import load, load_at_once
from engine.errors import RunError
from engine.process.session import AttemptOptions
from engine.protocol.commands import ImageSplit
from engine.recipes.recipe_building import build_recipe
from engine.run import array_file, image_names
from engine.run.image_names import ImageNames, joined
from engine.run.run_paths import RunDir
from tests.damaged_files import DAMAGES
from tests.test_resume_checks import Trained

NAMES = ("train/cat/1.jpg", "train/cat/\udcff 2.jpg", "train/dög/1.jpg")


def example(**fields: Any) -> ImageNames:
    usual = ImageNames(
        training_digest="5d41",
        training=joined(NAMES),
        validation_digest="402a",
        validation=joined(["val/cat/1.jpg"]),
    )
    return dataclasses.replace(usual, **fields)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    image_names.keep(run, example())
    found = image_names.read(run)
    assert found == example()
    assert found is not None
    assert found.of("training", "5d41") == [*NAMES]
    assert found.of("validation", "402a") == ["val/cat/1.jpg"]
    assert found.of("validation", "5d41") is None
    assert [*tmp_path.iterdir()] == [run.image_names]


def test_names_that_cannot_be_told_apart_are_not_known() -> None:
    assert example(training=joined(["a\0b", "c"])).of("training", "5d41") is None


def test_they_are_written_again_where_a_list_is_another_one_or_the_file_is_not_whole(
    tmp_path: Path,
) -> None:
    run = RunDir(tmp_path)
    image_names.keep(run, example())
    image_names.keep(run, example(validation=b"other"))
    assert image_names.read(run) == example()
    other = example(validation_digest="92e9", validation=b"other")
    image_names.keep(run, other)
    assert image_names.read(run) == other
    image_names.keep(run, relabelled := dataclasses.replace(other, labels="77c1"))
    assert image_names.read(run) == relabelled
    run.image_names.write_bytes(b"PK")
    image_names.keep(run, example())
    assert image_names.read(run) == example()


def test_equal_names_are_equal_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = image_names.content(example())
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    assert image_names.content(example()) == now


def test_a_thousand_names_of_a_published_set_take_few_bytes() -> None:
    names = example(training=joined(f"train/{number}" for number in range(1000)))
    assert len(image_names.content(names)) < 5000


def test_the_page_has_a_row_for_each_array() -> None:
    page = Path(__file__).parents[1] / "docs" / "testing.md"
    table = page.read_text().partition("`images.npz` holds")[2].partition("|---|---|\n")[2]
    heads = [row.split("|")[1] for row in table.partition("\n\n")[0].splitlines()]
    named = [name for head in heads for name in re.findall("`([a-z_]+)`", head)]
    assert sorted(named) == sorted(field.name for field in dataclasses.fields(ImageNames))


def test_a_run_of_an_older_version_has_no_file(tmp_path: Path) -> None:
    assert image_names.read(RunDir(tmp_path)) is None


@pytest.mark.parametrize("wrong", [np.zeros(3, np.int32), np.zeros((3, 1), np.uint8)])
def test_arrays_of_other_types_are_refused(tmp_path: Path, wrong: Any) -> None:
    run = RunDir(tmp_path)
    fields = {"training_digest": "", "training": wrong, "validation_digest": ""}
    content = array_file.compressed({**fields, "validation": np.zeros(3, np.uint8)})
    run.image_names.write_bytes(content)
    with pytest.raises(RunError, match=r"images\.npz is not whole"):
        image_names.read(run)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_not_whole_is_refused_in_one_sentence(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    run = RunDir(tmp_path)
    run.image_names.write_bytes(array_file.content(vars_of(example())))
    damage(run.image_names)
    with pytest.raises(RunError, match=r"images\.npz (is not whole|cannot be read)"):
        image_names.read(run)


def vars_of(names: ImageNames) -> dict[str, Any]:
    """The arrays of the file, which are here not compressed."""
    return {
        key: np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value
        for key, value in vars(names).items()
    }


# A run


def test_a_run_names_the_images_of_a_published_set_by_their_parts(finished_run: RunDir) -> None:
    described = checkpoint.load(finished_run.checkpoints / "best.pt").description
    found = image_names.read(finished_run)
    assert described is not None
    assert found is not None
    data = load_at_once(load(build_recipe(flags={"data": "digits"})))
    splits: tuple[tuple[ImageSplit, Split, str], ...] = (
        ("training", data.train, described.train.digest),
        ("validation", data.validation, described.validation.digest),
    )
    for split, images, digest in splits:
        names = found.of(split, digest)
        assert names == [images.one(index).name for index in range(len(images))]


def test_a_run_that_goes_on_with_other_images_has_their_names(tmp_path: Path) -> None:
    trained = Trained(tmp_path)
    trained.train()
    before = image_names.read(trained.run)
    first = min((trained.images / "train").rglob("*.png"))
    first.rename(first.with_name("renamed.png"))
    trained.train(AttemptOptions(force=True, epochs=3))
    after = image_names.read(trained.run)
    assert before is not None
    assert after is not None
    known = sorted(name.split(os.sep)[-1] for name in names_of(after) - names_of(before))
    assert known == ["renamed.png"]
    assert after.validation == before.validation


def names_of(kept: ImageNames) -> set[str]:
    found = kept.of("training", kept.training_digest)
    assert found is not None
    return {*found}
