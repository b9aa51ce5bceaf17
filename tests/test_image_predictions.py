"""What an engine process answers when it is asked for the classes of images."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from engine.data.base.dataset import Split
from engine.data.decoding.decode_buffer import CannotStartError
from engine.data.inventory.given_images import GivenImage, given_images
from engine.data.loading import load as load_data
from engine.data.loading import load_at_once
from engine.data.reading import decoded_images, pixel_batches
from engine.errors import DataError, RunError
from engine.process.request_server import answers
from engine.protocol import predicted, requests
from engine.protocol.answers import Note, Progress
from engine.protocol.events import RunEnded
from engine.protocol.predicted import Judging, Message, Predicted, Unreadable
from engine.protocol.requests import Predict
from engine.recipes.recipe_building import read_recipe
from engine.run import run_lock
from engine.run.journal_search import newest_first
from engine.run.run_paths import RunDir
from engine.run.saved_file import find_saved
from engine.trained import predicting, trained_network
from engine.trained.classification import judged
from engine.trained.trained_network import TrainedNetwork
from tests.archived_images import picture
from tests.memory_images import CrashingImage

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def validation(finished_run: RunDir) -> Split:
    return load_at_once(load_data(read_recipe(finished_run.recipe))).validation


@pytest.fixture(scope="module")
def network(finished_run: RunDir) -> TrainedNetwork:
    return trained_network.load(find_saved(str(finished_run.path), Path("runs")), CPU)


def asked(saved: Path, *places: object, **fields: object) -> list[Message]:
    """The answers, as another process reads them."""
    names = tuple(os.fsencode(str(place)) for place in places)
    plain = {"saved": os.fsencode(saved), "places": names, "device": "cpu", **fields}
    wanted = requests.decode(requests.encode(Predict(**plain)))  # type: ignore[arg-type]
    encode = msgspec.json.Encoder().encode
    return [predicted.decode(encode(answer)) for answer in answers(wanted)]


def best(run: RunDir) -> Path:
    return run.checkpoints / "best.pt"


def judged_of(said: Iterable[Message]) -> list[Predicted]:
    """The images among these answers that could be read."""
    return [each for each in said if isinstance(each, Predicted)]


def saved_images(folder: Path, images: Split, count: int) -> Path:
    folder.mkdir()
    for index in range(count):
        Image.fromarray(np.asarray(images.one(index).pixels[0])).save(folder / f"{index:04d}.png")
    return folder


def test_saved_validation_images_have_the_classes_that_the_run_counted(
    finished_run: RunDir, network: TrainedNetwork, validation: Split, tmp_path: Path
) -> None:
    folder = saved_images(tmp_path / "photos", validation, len(validation))
    found = judged_of(asked(best(finished_run), folder))
    assert [os.fsdecode(each.file) for each in found[:2]] == [
        f"{folder}/0000.png",
        f"{folder}/0001.png",
    ]
    logits = torch.cat([logits for logits, _ in judged(network, validation)])
    classes = torch.tensor([each.top[0][0] for each in found])
    assert classes.tolist() == logits.argmax(1).tolist()
    shares = [each.top[0][1] for each in found]
    assert shares == pytest.approx(logits.softmax(1).amax(1).tolist(), rel=1e-5)
    ended = next(newest_first(finished_run.journal, RunEnded))
    top1 = float((classes == validation.labels).double().mean())
    assert top1 == pytest.approx(ended.best_top1, abs=1e-6)


def test_what_judges_is_said_before_it_judges(finished_run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture(9))
    _, judging, *_, last = asked(best(finished_run), tmp_path / "0.png", top=3)
    assert isinstance(judging, Judging)
    assert judging.network == finished_run.label
    assert judging.classes == tuple("0123456789")
    assert (judging.images, judging.few) == (1, True)
    assert judging.epoch > 0
    assert judging.top1 is not None
    assert last == Progress("predicting", 1.0)


def test_an_image_that_cannot_be_read_is_named_and_the_others_go_on(
    finished_run: RunDir, tmp_path: Path
) -> None:
    for name in (b"a.png", b"b\xff.png", b"d.png"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(picture(3))
    (tmp_path / "c.png").write_text("no image")
    said = asked(best(finished_run), tmp_path, top=20)
    assert [each for each in said if isinstance(each, Unreadable)] == [
        Unreadable(os.fsencode(tmp_path) + b"/c.png", "not an image")
    ]
    found = judged_of(said)
    assert [os.path.basename(each.file) for each in found] == [b"a.png", b"b\xff.png", b"d.png"]
    assert len(found[0].top) == 10
    assert sum(share or 0.0 for _, share in found[0].top) == pytest.approx(1.0, abs=1e-5)
    assert found[0].picture is None


def test_pictures_are_those_of_few_images_or_of_unsure_ones(
    finished_run: RunDir, validation: Split, tmp_path: Path
) -> None:
    folder = saved_images(tmp_path / "photos", validation, 40)
    files = [folder / f"{index:04d}.png" for index in range(7)]
    few = judged_of(asked(best(finished_run), *files[:6], pictures=True))
    assert all(each.picture is not None for each in few)
    assert few[0].picture is not None
    assert (few[0].picture.channels, few[0].picture.width) == (1, 32)
    many = judged_of(asked(best(finished_run), *files, pictures=True))
    assert not any(each.picture for each in many)
    unsure = judged_of(asked(best(finished_run), folder, pictures=True, unsure=0.6))
    below = [(each.top[0][1] or 0.0) < 0.6 for each in unsure]
    assert [each.picture is not None for each in unsure] == below
    assert {*below} == {True, False}


def test_each_view_of_the_recipe_counts(
    network: TrainedNetwork, validation: Split, tmp_path: Path
) -> None:
    folder = saved_images(tmp_path / "photos", validation, 9)
    recipe = msgspec.structs.replace(network.recipe, tta=True)
    both = dataclasses.replace(network, recipe=recipe)
    given = given_images([str(folder)], b"")
    wanted = Predict(saved=b"", places=(), top=10)
    found = judged_of(predicting.predicted(both, given, wanted))
    pixels = torch.stack([validation.one(index).pixels for index in range(9)])
    logits = (network.logits(pixels) + network.logits(pixels.flip(3))) / 2
    for each, row in zip(found, logits.softmax(1), strict=True):
        assert dict(each.top) == pytest.approx(dict(enumerate(row.tolist())), abs=1e-5)


def deep(path: Path, most: float, *, fractions: bool = False) -> Path:
    ramp = np.linspace(0, most, 32 * 32).reshape(32, 32)
    Image.fromarray(ramp.astype(np.float32 if fractions else np.uint16)).save(path)
    return path


def test_deep_images_that_are_nearly_black_are_told_once(
    network: TrainedNetwork, tmp_path: Path
) -> None:
    deep(tmp_path / "12.png", 4095)
    deep(tmp_path / "16.png", 65535)
    deep(tmp_path / "low.tif", 0.01, fractions=True)
    Image.new("L", (32, 32), 3).save(tmp_path / "dark.png")
    given, wanted = given_images([str(tmp_path)], b""), Predict(saved=b"", places=(), top=1)
    said = [*predicting.predicted(network, given, wanted)]
    [note] = [each.text for each in said if isinstance(each, Note)]
    assert note.startswith("2 images of more than 8 bits are nearly black (")
    assert "12.png" in note
    assert "low.tif" in note
    assert "at most 5.9 % of the range of their kind" in note
    levels = msgspec.structs.replace(network.described.input, levels=(0.0, 4095.0))
    described = msgspec.structs.replace(network.described, input=levels)
    known = dataclasses.replace(network, described=described)
    said = [*predicting.predicted(known, given_images([str(tmp_path / "12.png")], b""), wanted)]
    assert not any(isinstance(each, Note) for each in said)


class Nothing(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return torch.full((len(images), 10), float("nan"))


def test_what_is_no_number_is_unsure(network: TrainedNetwork, tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture(9))
    broken = dataclasses.replace(network, model=Nothing())
    given = given_images([str(tmp_path)], b"")
    wanted = Predict(saved=b"", places=(), top=1, pictures=True, unsure=0.1)
    (found,) = judged_of(predicting.predicted(broken, given, wanted))
    assert found.top == ((0, None),)
    assert found.picture is not None


def test_folders_named_as_classes_are_no_test(finished_run: RunDir, tmp_path: Path) -> None:
    for name in ("3", "4"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(picture(9))
    (note,) = [each for each in asked(best(finished_run), tmp_path) if isinstance(each, Note)]
    assert f"`cnn-tui test {finished_run.path} --data {tmp_path}` measures" in note.text
    (tmp_path / "4").rename(tmp_path / "other")
    assert not any(isinstance(each, Note) for each in asked(best(finished_run), tmp_path))


def test_a_run_that_is_still_training_is_taken_as_it_is(
    finished_run: RunDir, tmp_path: Path
) -> None:
    run = RunDir(tmp_path / "runs" / finished_run.path.name)
    shutil.copytree(finished_run.path, run.path)
    (tmp_path / "0.png").write_bytes(picture(9))
    lock = run_lock.acquire(run)
    try:
        said = asked(best(run), tmp_path / "0.png")
    finally:
        os.close(lock)
    (note,) = [each for each in said if isinstance(each, Note)]
    assert note.text.startswith(f"{run.label} is still training: its best.pt is used, saved after")
    assert len(judged_of(said)) == 1


def test_a_full_device_is_said(
    finished_run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: TrainedNetwork, pixels: Tensor) -> Tensor:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(TrainedNetwork, "logits", full)
    (tmp_path / "0.png").write_bytes(picture(9))
    with pytest.raises(RunError, match="memory of cpu is too full"):
        asked(best(finished_run), tmp_path / "0.png")


def test_images_are_looked_for_before_the_network(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no image"):
        asked(tmp_path / "nonsense.pt", tmp_path / "empty")


def test_of_many_images_one_that_crashes_its_decoder_is_only_broken(
    network: TrainedNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(40):
        (tmp_path / f"{index:02d}.png").write_bytes(picture(index))
    recipe = msgspec.structs.replace(network.recipe, batch=8)
    network = dataclasses.replace(network, recipe=recipe)
    given = given_images([str(tmp_path)], b"")
    wanted = Predict(saved=b"", places=(), top=1)
    expected = list(predicting.predicted(network, given, wanted))
    monkeypatch.setattr(decoded_images, "MANY_IMAGES", 4)
    assert list(predicting.predicted(network, given, wanted)) == expected
    given.images[36] = GivenImage(CrashingImage("36"), "36")
    said = list(predicting.predicted(network, given, wanted))
    (crashed,) = [each for each in said if isinstance(each, Unreadable)]
    assert crashed.file == b"36"
    assert "crash" in crashed.why
    assert judged_of(said) == [
        each for each in judged_of(expected) if not each.file.endswith(b"/36.png")
    ]


def test_many_images_are_predicted_where_no_process_can_start(
    network: TrainedNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoDecoders:
        def __init__(self, *_: object) -> None:
            raise CannotStartError

    monkeypatch.setattr(decoded_images, "MANY_IMAGES", 4)
    monkeypatch.setattr(pixel_batches, "Decoders", NoDecoders)
    for index in range(5):
        (tmp_path / f"{index}.png").write_bytes(picture(index))
    given = given_images([str(tmp_path)], b"")
    said = predicting.predicted(network, given, Predict(saved=b"", places=(), top=1))
    assert len(judged_of(said)) == 5
