"""A trained network in use: loaded from a run or a file, it judges images as its run did."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from engine.checkpoints import checkpoint
from engine.data.base.dataset import LEFT_OUT, StoredImages
from engine.data.loading import load as load_data
from engine.data.loading import load_at_once
from engine.data.stored.image_file import ImageFile
from engine.errors import RunError, UsageError
from engine.protocol.events import EpochEnded, RunEnded
from engine.recipes.recipe_building import read_recipe
from engine.run.journal_search import newest_first
from engine.run.run_paths import RunDir
from engine.run.saved_file import SavedFile, find_saved
from engine.trained import trained_network
from engine.trained.classification import judged
from engine.trained.trained_network import TrainedNetwork
from tests import linear_network, run_states
from tests.forked_engines import ForkServer, new_run

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network(finished_run: RunDir) -> TrainedNetwork:
    return trained_network.load(find_saved(str(finished_run.path), Path("runs")), CPU)


def test_it_judges_the_validation_images_as_its_run_did(
    network: TrainedNetwork, finished_run: RunDir
) -> None:
    dataset = load_at_once(load_data(read_recipe(finished_run.recipe)))
    batches = list(judged(network, dataset.validation))
    logits, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    top1 = float((logits.argmax(1) == labels).double().mean())
    ended = next(newest_first(finished_run.journal, RunEnded), None)
    assert ended is not None
    assert top1 == pytest.approx(ended.best_top1, abs=1e-6)
    assert network.classes == tuple("0123456789")
    best = next(each for each in newest_first(finished_run.journal, EpochEnded) if each.best)
    assert network.epoch == best.epoch
    assert network.top1 == pytest.approx(best.top1, abs=1e-6)


def test_files_are_judged_like_the_same_pixels_in_memory(
    network: TrainedNetwork, finished_run: RunDir, tmp_path: Path
) -> None:
    images = load_at_once(load_data(read_recipe(finished_run.recipe))).validation
    shown = [images.one(index).pixels for index in range(9)]
    for index, pixels in enumerate(shown):
        Image.fromarray(np.asarray(pixels[0])).save(tmp_path / f"{index}.png")
    (tmp_path / "4.png").write_text("no image")
    stored = [ImageFile(str(tmp_path), f"{index}.png") for index in range(9)]
    labels = torch.arange(9)
    split = StoredImages(str(tmp_path), stored, labels, network.image_format)
    logits, told = (torch.cat(parts) for parts in zip(*judged(network, split), strict=True))
    assert told.tolist() == [0, 1, 2, 3, LEFT_OUT, 5, 6, 7, 8]
    assert [image.name for image in split.broken] == ["4.png"]
    expected = network.logits(torch.stack(shown))
    kept = [0, 1, 2, 3, 5, 6, 7, 8]
    assert torch.equal(logits[kept], expected[kept])


def test_a_file_is_enough(network: TrainedNetwork, finished_run: RunDir, tmp_path: Path) -> None:
    shutil.copy(finished_run.checkpoints / "best.pt", tmp_path / "mine.pt")
    moved = trained_network.load(find_saved("mine.pt", Path("runs")), CPU)
    assert moved.saved.label == "mine.pt"
    pixels = torch.arange(32 * 32, dtype=torch.int32).remainder(256).to(torch.uint8)
    pixels = pixels.view(1, 1, 32, 32)
    assert torch.equal(moved.logits(pixels), network.logits(pixels))


def test_the_users_own_network_is_that_of_the_run_or_is_named(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text(linear_network.SOURCE)
    flags = {"arch": f"{tmp_path}/net.py:make", "epochs": 1, "threads": 1}
    run = new_run(tmp_path / "runs", flags)
    assert fork_server.start(run).wait() == 0
    (tmp_path / "net.py").write_text("raise SystemExit")
    of_run = trained_network.load(find_saved("1", tmp_path / "runs"), CPU)
    shutil.copy(run.checkpoints / "best.pt", tmp_path / "mine.pt")
    alone = SavedFile(tmp_path / "mine.pt", None)
    with pytest.raises(UsageError, match=r"net\.py:make.*never run: add --arch FOLDER/net\.py"):
        trained_network.load(alone, CPU)
    (tmp_path / "other.py").write_text(linear_network.SOURCE)
    named = trained_network.load(alone, CPU, arch=f"{tmp_path}/other.py:make")
    pixels = torch.zeros(1, 1, 32, 32, dtype=torch.uint8)
    assert torch.equal(named.logits(pixels), of_run.logits(pixels))


def test_what_cannot_be_used_is_refused_with_a_sentence(
    finished_run: RunDir, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="no file nonsense"):
        find_saved("nonsense", Path("runs"))
    new_run(tmp_path / "runs", {"arch": "lenet5"})
    with pytest.raises(UsageError, match="has saved no checkpoint yet"):
        find_saved("1", tmp_path / "runs")
    state = checkpoint.load(finished_run.checkpoints / "best.pt")
    old = msgspec.structs.replace(state, description=None)
    run_states.save(tmp_path / "old.pt", old)
    with pytest.raises(RunError, match="saved by an older version"):
        trained_network.load(SavedFile(tmp_path / "old.pt", None), CPU)
    exported = torch.export.export(torch.nn.Linear(2, 2), (torch.zeros(1, 2),))
    torch.export.save(exported, tmp_path / "net.pt2")
    with pytest.raises(RunError, match=r"net\.pt2 is an exported program .*, and not a checkpoint"):
        trained_network.load(SavedFile(tmp_path / "net.pt2", None), CPU)
    (tmp_path / "net.onnx").write_bytes(b"\x08\x07\x12\x07pytorch" + bytes(90))
    with pytest.raises(RunError, match="is an ONNX model, and not a checkpoint"):
        trained_network.load(SavedFile(tmp_path / "net.onnx", None), CPU)
    assert state.description is not None
    other = msgspec.structs.replace(state.description, recipe={"arch": "resnet20"})
    run_states.save(tmp_path / "other.pt", msgspec.structs.replace(state, description=other))
    with pytest.raises(RunError, match="do not fit the network resnet20"):
        trained_network.load(SavedFile(tmp_path / "other.pt", None), CPU)
