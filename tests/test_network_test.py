"""`cnn-tui test`: a trained network on its run's images and on other ones."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from engine.data.base.dataset import Split
from engine.data.inventory.data_inventory import labelled_images
from engine.data.loading import load, load_at_once
from engine.errors import DataError, RunError, UsageError
from engine.process import network_test
from engine.protocol.answers import Note, Progress
from engine.protocol.events import EpochEnded, RunEnded
from engine.protocol.requests import MeasureNetwork
from engine.recipes.recipe_building import build_recipe, read_recipe
from engine.run import kept_tests, predictions_file
from engine.run.journal_search import newest_first
from engine.run.kept_tests import DataTest
from engine.run.measuring import measured
from engine.run.run_paths import RunDir
from engine.run.saved_file import find_saved
from engine.trained.images_to_test import other_images
from tests.forked_engines import ForkServer, new_run
from tests.trained_networks import network_of
from tui.cli import tested_command
from tui.cli.command_line import main

# Of each digit.
TRAINED, TESTED = 6, 3


@pytest.fixture(scope="module")
def digits() -> Split:
    return load_at_once(load(build_recipe(flags={"data": "digits"}))).validation


def write_images(digits: Split, folder: Path, each: range, name: Callable[[int], str]) -> None:
    """Write these images of each digit into folders of classes, named by `name`."""
    seen = [0] * 10
    for index, label in enumerate(digits.labels.tolist()):
        if seen[label] in each:
            path = folder / name(label) / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.asarray(digits.one(index).pixels[0])).save(path)
        seen[label] += 1


@pytest.fixture(scope="module")
def learned(finished_run: RunDir, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A copy of the finished run, in which results may be kept."""
    return RunDir(
        Path(shutil.copytree(finished_run.path, tmp_path_factory.mktemp("learned") / "1-digits"))
    )


@pytest.fixture(scope="module")
def own_data(
    digits: Split, fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory
) -> RunDir:
    """A run on files with a validation and a test split."""
    folder = tmp_path_factory.mktemp("files")
    for split, first in (("train", 0), ("val", TRAINED), ("test", TRAINED + TESTED)):
        each = range(first, first + (TRAINED if split == "train" else TESTED))
        write_images(digits, folder / "pets" / split, each, str)
    flags = {"arch": "lenet5", "data": str(folder / "pets"), "epochs": 1, "threads": 1}
    settings = {"holdout": 0.2, "precision": "float32", "size": 32}
    run = new_run(folder / "runs", flags | settings)
    assert fork_server.start(run).wait() == 0
    return run


def answers(source: RunDir | Path, data: object = "", *, understood: bool = False) -> list[object]:
    path = source.path if isinstance(source, RunDir) else source
    saved = find_saved(str(path), Path("runs"))
    wanted = MeasureNetwork(
        saved=os.fsencode(saved.path),
        data=build_recipe(flags={"data": str(data)}) if data else None,
        understood=understood,
        device="cpu",
    )
    return [*network_test.tested(wanted)]


def result(said: Iterable[object]) -> DataTest:
    [found] = [one for one in said if isinstance(one, DataTest)]
    return found


def notes(said: Iterable[object]) -> list[str]:
    return [one.text for one in said if isinstance(one, Note)]


# The images of the run


def test_on_the_validation_images_it_measures_what_the_run_did(learned: RunDir) -> None:
    said = answers(learned)
    found = result(said)
    best = next(each for each in newest_first(learned.journal, EpochEnded) if each.best)
    predictions = predictions_file.read(learned.predictions, 10)
    assert predictions is not None
    kept = measured(predictions, 10)
    assert kept is not None
    assert found.measures.top1 == pytest.approx(best.top1, abs=1e-6)
    assert found.measures.confusion == kept.confusion
    assert found.measures.loss == pytest.approx(kept.loss, rel=1e-4)
    assert found.measures.calibration.error == pytest.approx(kept.calibration.error, abs=1e-4)
    assert (found.split, found.own, found.epoch, found.step) == (
        *("validation", True, best.epoch),
        best.step,
    )
    assert found.digest == predictions.digest
    [note] = notes(said)
    assert note.startswith("digits has no test images beside those that validate")
    told = (one.fraction for one in said if isinstance(one, Progress))
    fractions = [fraction for fraction in told if fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert kept_tests.read_all(learned) == (found,)


def test_on_the_test_images_it_measures_what_the_end_of_the_run_did(own_data: RunDir) -> None:
    said = answers(own_data)
    found = result(said)
    ended = next(newest_first(own_data.journal, RunEnded))
    assert found.measures.top1 == pytest.approx(ended.test_top1, abs=1e-6)
    assert found.measures.loss == pytest.approx(ended.test_loss, rel=1e-4)
    assert (found.split, found.measures.images, found.data) == ("test", 10 * TESTED, "pets")
    assert notes(said) == []


def test_its_own_data_set_by_name_is_its_own(learned: RunDir, own_data: RunDir) -> None:
    assert result(answers(learned, "digits")).own
    data = read_recipe(own_data.recipe).data
    assert result(answers(own_data, data)).own
    understood = result(answers(own_data, data, understood=True))
    assert (understood.own, understood.split) == (False, "test")


def test_images_that_have_changed_are_refused(own_data: RunDir) -> None:
    folder = Path(read_recipe(own_data.recipe).data)
    image = next((folder / "test" / "3").iterdir())
    moved = image.rename(image.with_name("moved.png"))
    with pytest.raises(RunError, match=r"not those that .*lenet5-pets was trained with .*--data"):
        answers(own_data)
    moved.rename(image)
    for split in ("train", "val", "test"):
        (folder / split / "3").rename(folder / split / "three")
    with pytest.raises(RunError, match="three"):
        answers(own_data)
    for split in ("train", "val", "test"):
        (folder / split / "three").rename(folder / split / "3")
    gone = folder.rename(folder.with_name("gone"))
    where = rf"the data of .*lenet5-pets is not at {folder} any more: .* with --data PATH\."
    with pytest.raises(DataError, match=where):
        answers(own_data)
    with pytest.raises(DataError, match=r"the data of best\.pt is not at .* with --data PATH"):
        answers(Path(shutil.copy(own_data.checkpoints / "best.pt", folder.parent)))
    gone.rename(folder)
    assert result(answers(own_data)).own


def test_a_run_that_still_trains_is_taken_as_it_is(
    learned: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.run.run_liveness.is_live", lambda run: True)
    said = notes(answers(learned))
    assert said[0] == (
        "1-digits is still training: its best.pt is used, saved after epoch 2; a later one may "
        "predict otherwise."
    )


# Other images


def test_classes_are_matched_by_name_and_the_rest_is_told(
    learned: RunDir, digits: Split, tmp_path: Path
) -> None:
    names = [f"{label:03d}" if label < 4 else f"letter {label}" for label in range(10)]
    write_images(digits, tmp_path / "mail", range(2), names.__getitem__)
    (tmp_path / "mail" / "002" / "broken.png").write_text("no image")
    said = answers(learned, tmp_path / "mail")
    found = result(said)
    assert (found.measures.images, found.measures.left_out) == (8, 1)
    assert [one.images for one in found.measures.classes] == [2] * 4 + [0] * 6
    assert found.unknown == tuple((f"letter {label}", 2) for label in range(4, 10))
    assert (found.data, found.split, found.own) == ("mail", "all", False)
    assert notes(said) == [
        f"12 of the images of {tmp_path}/mail are left out: letter 4, letter 5, letter 6 and 3 "
        "more are classes that the network does not know.",
        f"6 of 10 classes of the network have no images in {tmp_path}/mail: 4, 5, 6 and 3 more.",
        "1 image is left out, as unreadable: 002/broken.png.",
    ]


def test_a_class_that_is_spelled_otherwise_is_suggested_and_can_be_mapped(tmp_path: Path) -> None:
    for name in ("KIND1", "Kind-2", "cat", "kind3s"):
        (tmp_path / "set" / name).mkdir(parents=True)
        Image.new("L", (32, 32), 9).save(tmp_path / "set" / name / "1.png")
    network, fields = network_of("lenet5", channels=1), {"data": str(tmp_path / "set")}
    found = other_images(network, labelled_images(build_recipe(flags=fields)))
    assert found.unknown == (("KIND1", 1), ("cat", 1), ("kind3s", 1))
    assert found.notes[0].endswith(
        "does not know; did you mean kind 1 by KIND1 (and 1 more are alike)? Rename it, or write a "
        "line for each, such as `KIND1,kind 1`, into a FILE and add --set class_names=FILE."
    )
    (tmp_path / "names").write_text("KIND1,kind 1\n")
    named = build_recipe(flags=fields, settings={"class_names": str(tmp_path / "names")})
    found = other_images(network, labelled_images(named))
    assert found.unknown == (("cat", 1), ("kind3s", 1))


def test_deep_images_that_are_nearly_black_are_told(learned: RunDir, tmp_path: Path) -> None:
    for label in "34":
        (tmp_path / "deep" / label).mkdir(parents=True)
        Image.new("I;16", (32, 32), 4000).save(tmp_path / "deep" / label / "1.png")
    said = notes(answers(learned, tmp_path / "deep"))
    assert said[-1].startswith("2 images of more than 8 bits are nearly black (3/1.png, 4/1.png)")


def test_the_test_split_of_another_set_is_taken_else_its_validation_split(
    learned: RunDir, digits: Split, tmp_path: Path
) -> None:
    for split, count in (("train", 4), ("val", 3), ("test", 2)):
        write_images(digits, tmp_path / "three" / split, range(count), str)
    found = result(answers(learned, tmp_path / "three"))
    assert (found.split, found.measures.images) == ("test", 20)
    shutil.rmtree(tmp_path / "three" / "test")
    found = result(answers(learned, tmp_path / "three"))
    assert (found.split, found.measures.images) == ("validation", 30)
    (tmp_path / "three" / "val").rename(tmp_path / "three" / "test")
    found = result(answers(learned, tmp_path / "three"))
    assert (found.split, found.measures.images) == ("test", 30)


def test_a_published_set_is_other_data_too(own_data: RunDir) -> None:
    found = result(answers(own_data, "digits"))
    assert (found.split, found.own, found.data) == ("all", False, "digits")
    assert found.measures.images == 1797  # it has no splits of its own


def test_one_image_of_each_class_is_enough(learned: RunDir, digits: Split, tmp_path: Path) -> None:
    write_images(digits, tmp_path / "few", range(1), str)
    assert result(answers(learned, tmp_path / "few")).measures.images == 10


def test_a_set_of_other_classes_is_refused(learned: RunDir, digits: Split, tmp_path: Path) -> None:
    write_images(digits, tmp_path / "pets", range(1), lambda label: f"pet {label}")
    with pytest.raises(DataError, match=r"none of the classes of .*pets \(pet 0, .* \(0, 1, 2 and"):
        answers(learned, tmp_path / "pets")


def test_a_set_without_a_readable_image_is_refused(learned: RunDir, tmp_path: Path) -> None:
    for label in "34":
        (tmp_path / "junk" / label).mkdir(parents=True)
        (tmp_path / "junk" / label / "1.png").write_text("no image")
    with pytest.raises(DataError, match=r"no image of .*junk can be read"):
        answers(learned, tmp_path / "junk")


# What is kept


def test_a_file_outside_a_run_is_tested_and_nothing_is_kept(
    learned: RunDir, tmp_path: Path
) -> None:
    name = os.fsdecode(b"mine\xff.pt")
    file = Path(shutil.copy(learned.checkpoints / "last.pt", tmp_path / name))
    before = kept_tests.read_all(learned)
    found = result(answers(file))
    assert (found.source, found.checkpoint) == ("mine\\udcff.pt", "mine\\udcff.pt")
    assert found.own
    assert kept_tests.read_all(learned) == before
    assert [*tmp_path.iterdir()] == [file]


def test_a_result_that_cannot_be_kept_is_told(learned: RunDir, tmp_path: Path) -> None:
    run = RunDir(Path(shutil.copytree(learned.path, tmp_path / "1-full")))
    shutil.rmtree(run.tests, ignore_errors=True)
    run.tests.write_text("in the way")
    said = answers(run)
    assert result(said).measures.images
    assert notes(said)[-1].startswith("the result is not kept beside 1-full, and the dashboard")


# The command


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["test", *map(str, arguments)])


def test_the_command_prints_the_result_or_its_json(
    learned: RunDir, digits: Split, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(digits, tmp_path / "few", range(1), lambda label: str(min(label, 8)))
    done = command(learned.path, "--data", tmp_path / "few", "--device", "cpu", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["data"] == "few"
    assert told["measures"]["images"] == sum(one["images"] for one in told["measures"]["classes"])
    assert done.stderr.startswith("cnn-tui: 1 of 10 classes of the network have no images")
    [kept, *_] = kept_tests.read_all(learned)
    assert {"type": "DataTest"} | told == json.loads(msgspec.json.encode(kept))
    tested_command.print_result(kept, as_json=False, ascii_only=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f" 1-digits, best.pt of epoch {kept.epoch}", " all 10 images of few"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "there is no file nowhere, and there is no run 'nowhere'"),
        (["--set", "labels=prefix", "RUN"], "add --data NAME or PATH, or leave them out"),
        (["--data-dir", "/data", "RUN"], "add --data NAME or PATH, or leave them out"),
        (["--data", "/nowhere/at/all", "RUN"], "the data folder /nowhere/at/all does not exist"),
        (["--device", "gpu", "RUN"], "device must be auto, cpu, cuda or cuda:N"),
        (["--data", "digits", "--set", "labels", "RUN"], "--set takes KEY=VALUE"),
    ],
)
def test_what_cannot_be_tested_is_refused_at_once(
    finished_run: RunDir, arguments: list[str], sentence: str
) -> None:
    done = command(*(str(finished_run.path) if one == "RUN" else one for one in arguments))
    assert done.exit_code in (UsageError.exit_code, RunError.exit_code, DataError.exit_code)
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_run_without_a_checkpoint_is_refused_at_once(tmp_path: Path) -> None:
    run = new_run(tmp_path / "runs", {"arch": "lenet5", "data": "digits"})
    done = command(run.path)
    assert "has saved no checkpoint yet" in done.stderr
    assert done.exit_code == UsageError.exit_code
