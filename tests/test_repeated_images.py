"""What `inspect-data` has found twice: what is kept of it, and which runs it is told of."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from engine.catalog.user_folders import cache_folder
from engine.data.loading import load, load_at_once
from engine.data.survey.survey import Findings, Place
from engine.process.data_inspection import inspected
from engine.process.listed_images import image_names as names_of
from engine.protocol.requests import InspectData
from engine.recipes.recipe_building import build_recipe
from engine.run import image_names, label_decisions, sightings_file
from engine.run.run_paths import RunDir
from engine.suspicion import repeated_images
from engine.suspicion.inspecting_command import inspecting_command
from engine.suspicion.repeated_images import Lists, RepeatedImage, RepeatedImages
from engine.suspicion.suspicion_text import repeated_group
from tests import containers, judged_runs, run_states
from tests.containers import CONTAINERS
from tests.kept_repetitions import keep_found
from tests.kept_sightings import sighted
from tests.memory_images import noise
from tui.cli.command_line import main

# Names of images, and the seeds of their pixels.
IMAGES = {
    **{"train/cat/1": 1, "train/cat/2": 2, "train/cat/3": 3, "train/dog/1": 4, "train/dog/2": 5},
    **{"train/dog/of-cat": 1, "val/cat/1": 6, "val/dog/1": 7, "val/dog/leak": 4},
}
TWO_CLASSES = "train/cat/1.png (cat) = train/dog/of-cat.png (dog)"
TWO_SPLITS = "train/dog/1.png (train) = val/dog/leak.png (validation)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, seed in IMAGES.items():
        path = tmp_path / "set" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise(seed, (32, 32)).save(path)
    return tmp_path / "set"


def run_on(data: object, folder: Path, **fields: Any) -> RunDir:
    """A run that has kept the names of the images of these data, and what it saw of them."""
    described = run_states.description()
    digest = described.validation.digest
    run = judged_runs.run(folder, "1-run", hits=[True], digest=digest, data=str(data), **fields)
    recipe = build_recipe(flags={"data": str(data), **fields})
    image_names.keep(run, names_of(load_at_once(load(recipe)), described))
    sightings_file.write(run.sightings, sighted(6, 2, digest=described.train.digest))
    return run


def inspect(data: object, *, pixels: bool = True, **fields: object) -> None:
    recipe = build_recipe(flags={"data": str(data), **fields})
    list(inspected(InspectData(recipe=recipe, pixels=pixels)))


def found_in(run: RunDir) -> RepeatedImages | None:
    return repeated_images.of_run(run, image_names.read(run))


def suspects(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["suspects", *map(str, arguments)])


# What is kept


def findings(*groups: tuple[str, ...]) -> Findings:
    """Groups of images that are called `SPLIT/CLASS/NAME`."""
    twice = tuple(
        tuple(Place(name, name.split("/")[1], name.split("/")[0]) for name in group)
        for group in groups
    )
    return Findings(10, twice, (), (), ())


def test_groups_of_two_classes_come_first_and_those_of_neither_kind_not_at_all() -> None:
    found = repeated_images.among(
        findings(
            ("train/cat/1", "test/cat/1"),
            ("train/cat/2", "train/cat/3"),
            ("validation/cat/4", "test/cat/4"),
            ("train/cat/5", "train/dog/5"),
        )
    )
    assert [(each.kind, each.images[0].name) for each in found.repeated] == [
        ("two classes", "train/cat/5"),
        ("two splits", "train/cat/1"),
    ]
    assert found.more == 0


def test_the_first_two_images_of_a_group_differ_in_what_its_kind_says() -> None:
    classes = ("train/cat/1", "train/cat/2", "test/cat/3", "train/dog/4")
    splits = ("train/cat/1", "train/cat/2", "test/cat/3")
    one, other = repeated_images.among(findings(classes, splits)).repeated
    assert [image.name[-1] for image in one.images] == ["1", "4", "2", "3"]
    assert repeated_group(one) == "train/cat/1 (cat) = train/dog/4 (dog) and 2 more"
    assert repeated_group(other) == "train/cat/1 (train) = test/cat/3 (test) and 1 more"


def test_what_is_kept_has_bounds() -> None:
    group = tuple(f"train/{number}/1" for number in range(repeated_images.MOST_OF_ONE + 5))
    found = repeated_images.among(findings(*[group] * (repeated_images.MOST + 3)))
    assert (len(found.repeated), found.more) == (repeated_images.MOST, 3)
    assert {len(each.images) for each in found.repeated} == {repeated_images.MOST_OF_ONE}
    assert {each.count for each in found.repeated} == {len(group)}


def test_names_that_are_no_text_are_kept(folder: Path, tmp_path: Path) -> None:
    run = run_on(folder, tmp_path / "runs")
    found = repeated_images.among(findings(("train/cat/\udcff", "train/dog/1")))
    keep_found(run, found)
    assert found_in(run) == found


def test_the_newest_files_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeated_images, "MOST_FILES", 2)
    nothing = RepeatedImages(repeated=(), more=0)
    there, made = cache_folder() / "repeated-images", list[Path]()
    there.mkdir(parents=True)
    for number in range(4):
        before = {*there.iterdir()}
        repeated_images.keep(Lists("", b"", b"", str(number)), nothing, {})
        [new] = {*there.iterdir()} - before
        os.utime(new, (number, number))
        made.append(new)
    assert {*there.iterdir()} == {*made[2:]}


def test_a_cache_that_cannot_be_written_keeps_nothing(folder: Path, tmp_path: Path) -> None:
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / "repeated-images").write_text("")
    inspect(folder)
    assert found_in(run_on(folder, tmp_path / "runs")) is None


# Of which run it is told


def test_a_run_on_these_images_is_told_of_them(folder: Path, tmp_path: Path) -> None:
    run = run_on(folder, tmp_path / "runs")
    assert found_in(run) is None
    inspect(folder, pixels=False)
    assert found_in(run) is None
    inspect(folder)
    found = found_in(run)
    assert found is not None
    assert [*map(repeated_group, found.repeated)] == [TWO_CLASSES, TWO_SPLITS]
    assert found.repeated[0].images[0] == RepeatedImage("train/cat/1.png", "cat", "train")


@pytest.mark.parametrize("container", [*CONTAINERS, "digits"])
def test_whatever_holds_the_images(container: str, tmp_path: Path) -> None:
    data = container
    if container in CONTAINERS:
        data = str(CONTAINERS[container](tmp_path, containers.small_set()))
    run = run_on(data, tmp_path / "runs")
    assert found_in(run) is None
    inspect(data)
    assert found_in(run) is not None


def test_a_run_on_other_lists_is_not(folder: Path, tmp_path: Path) -> None:
    inspect(folder)
    toml = tmp_path / "labels.toml"
    label_decisions.change(toml, "train/cat/2.png", label_decisions.Relabel("dog"))
    relabelled: dict[str, Any] = {"decisions": str(toml)}
    assert found_in(run_on(folder, tmp_path / "same")) is not None
    run = run_on(folder, tmp_path / "relabelled", **relabelled)
    assert found_in(run) is None
    inspect(folder, **relabelled)
    assert found_in(run) is not None
    elsewhere = shutil.copytree(folder, tmp_path / "copied")
    assert found_in(run_on(elsewhere, tmp_path / "elsewhere")) is None


@pytest.mark.parametrize("gone", [True, False])
def test_what_was_found_holds_until_one_of_its_files_changes(
    folder: Path, tmp_path: Path, gone: bool
) -> None:
    run = run_on(folder, tmp_path / "runs")
    inspect(folder)
    other, leak = folder / "train/cat/2.png", folder / "val/dog/leak.png"
    other.write_bytes(other.read_bytes() + b"0")
    assert found_in(run) is not None
    if gone:
        leak.unlink()
    else:
        os.utime(leak, (0, 0))
    assert found_in(run) is None


def test_a_run_of_an_older_version_is_told_nothing(folder: Path, tmp_path: Path) -> None:
    run = run_on(folder, tmp_path / "runs")
    inspect(folder)
    run.image_names.unlink()
    assert found_in(run) is None
    assert "inspect-data" not in suspects(run.path).output


def written(images: list[list[str]], count: int, more: int = 0) -> bytes:
    group = {"kind": "two classes", "images": images, "count": count}
    return json.dumps({"found": {"repeated": [group], "more": more}, "files": {}}).encode()


CAT, DOG = ["train/1.png", "cat", "train"], ["train/2.png", "dog", "train"]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[", b"{}", b'"\xff"', b"[" * 100_000),
        *(written([], 2), written([CAT], 2), written([CAT, CAT], 2)),
        *(written([CAT, DOG], -5), written([CAT, DOG], 2, more=-3)),
    ],
)
def test_a_file_that_is_not_whole_is_none(folder: Path, tmp_path: Path, content: bytes) -> None:
    run = run_on(folder, tmp_path / "runs")
    inspect(folder)
    [file] = (cache_folder() / "repeated-images").iterdir()
    file.write_bytes(content)
    assert found_in(run) is None


# The command


def test_the_command_that_looks_has_what_decides_on_the_lists(tmp_path: Path) -> None:
    toml = tmp_path / "mine.toml"
    label_decisions.change(toml, "a.png", "drop")
    fields: dict[str, Any] = {
        "seed": 3,
        "holdout": 0.25,
        "decisions": str(toml),
        "data_dir": "/d",
        "epochs": 7,
    }
    run = judged_runs.run(tmp_path / "runs", "1-run", data="/my set", **fields)
    kept = judged_runs.run(tmp_path / "runs", "2-run", data="/my set", **fields)
    kept.decisions.write_bytes(toml.read_bytes())
    start = "cnn-tui inspect-data '/my set' --data-dir /d --set holdout=0.25 --set seed=3"
    assert inspecting_command(run) == f"{start} --set decisions={toml}"
    assert inspecting_command(kept) == f"{start} --set decisions={kept.decisions}"


def test_what_was_found_twice_stands_on_top(folder: Path, tmp_path: Path) -> None:
    run = run_on(folder, tmp_path / "runs")
    look = f"To see which images stand in two classes or in two splits: {inspecting_command(run)}"
    for arguments in ((), ("--validation",)):
        assert suspects(run.path, *arguments).stdout.splitlines()[-1] == look
    assert json.loads(suspects(run.path, "--json").stdout)["repeated"] is None
    inspect(folder)
    for arguments in ((), ("--validation",)):
        assert suspects(run.path, *arguments).stdout.splitlines()[:4] == [
            "2 images stand in two classes or in two splits, as inspect-data found:",
            f"  {TWO_CLASSES}",
            f"  {TWO_SPLITS}",
            "",
        ]
    said = json.loads(suspects(run.path, "--json").stdout)
    assert said["more_repeated"] == 0
    assert said["repeated"][1] == {
        "kind": "two splits",
        "count": 2,
        "images": [
            {"name": "train/dog/1.png", "label": "dog", "split": "train"},
            {"name": "val/dog/leak.png", "label": "dog", "split": "validation"},
        ],
    }


def test_a_data_set_without_such_images_is_not_told_of(folder: Path, tmp_path: Path) -> None:
    for name in ("train/dog/of-cat.png", "val/dog/leak.png"):
        (folder / name).unlink()
    run = run_on(folder, tmp_path / "runs")
    inspect(folder)
    assert "two classes" not in suspects(run.path).stdout


def test_many_groups_are_counted(folder: Path, tmp_path: Path) -> None:
    run = run_on(folder, tmp_path / "runs")
    inspect(folder)
    [file] = (cache_folder() / "repeated-images").iterdir()
    kept = json.loads(file.read_bytes())
    kept["found"]["repeated"] *= 6
    kept["found"]["more"] = 5
    file.write_bytes(msgspec.json.encode(kept))
    lines = suspects(run.path).stdout.splitlines()
    assert lines[0].startswith("17 images stand in")
    assert lines[11] == f"  and 7 more: {inspecting_command(run)} --list"
