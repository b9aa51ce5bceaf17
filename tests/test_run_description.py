"""What a checkpoint says of its run, so that its weights can be used without the run's folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from PIL import Image

from engine.checkpoints import checkpoint
from engine.checkpoints.run_state import Description
from engine.data.base.dataset import Dataset
from engine.data.base.image_digest import digest
from engine.data.loading import load
from engine.process.resume_checks import image_lists
from engine.process.run_description import describe
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run.run_paths import RunDir
from engine.start import launch
from tests import linear_network
from tests.forked_engines import ForkServer, new_run
from tests.loading import run_to_end

RESOLVED = Resolved(
    device="cpu", precision="float32", memory_format="contiguous", threads=1, size=32
)


def loaded(**fields: Any) -> tuple[Recipe, Dataset]:
    chosen = build_recipe(flags=fields)
    return chosen, run_to_end(load(chosen))[1]


def test_every_file_of_a_run_says_what_its_weights_are_for(fork_server: ForkServer) -> None:
    run = new_run(Path("runs"), {"arch": "lenet5", "epochs": 1, "threads": 1, "keep": 1})
    assert fork_server.start(run).wait() == 0
    for name in ("best.pt", "last.pt", "epoch-0001.pt"):
        state = checkpoint.load(run.checkpoints / name)
        found = state.description
        assert found is not None
        assert (found.architecture, found.source) == ("lenet5", None)
        assert found.classes == tuple("0123456789")
        assert (found.input.channels, found.input.size, found.input.frame) == (1, 32, 0)
        assert (found.train.images, found.validation.images) == (1442, 355)
        assert found.versions.keys() == {"python", "torch", "torchvision", "cnn-tui"}
        file = {**found.recipe, "resolved": found.resolved}
        assert build_recipe(file=file) == build_recipe(file=read_fields(run.recipe))
        assert state.training.best == state.training.last
        assert state.training.last.epoch == 1


@pytest.fixture
def run(tmp_path: Path) -> Generator[RunDir, None, None]:
    claim = launch.create(build_recipe(), tmp_path / "runs")
    yield claim.run
    os.close(claim.lock)


def test_the_file_of_a_users_own_architecture_is_kept_as_text(run: RunDir, tmp_path: Path) -> None:
    chosen, data = loaded()
    (tmp_path / "net.py").write_text(linear_network.SOURCE)
    shutil.copy(tmp_path / "net.py", run.path)
    own = msgspec.structs.replace(chosen, arch=f"{tmp_path}/net.py:make")
    assert (
        describe(run, own, RESOLVED, data, image_lists(data, own), "").source
        == linear_network.SOURCE
    )


def test_the_numbers_that_normalise_are_those_of_the_data(run: RunDir) -> None:
    chosen, data = loaded()
    found = describe(run, chosen, RESOLVED, data, image_lists(data, chosen), "")
    assert (found.input.mean, found.input.std) == (data.mean, data.std)
    again = loaded()[1]
    assert found == describe(run, chosen, RESOLVED, again, image_lists(again, chosen), "")


# Which images


def folder(path: Path, side: int = 28) -> Path:
    for index in range(20):
        file = path / "ab"[index % 2] / f"{index:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (side, side), index * 10).save(file)
    return path


def described(run: RunDir, data: Path, **fields: Any) -> Description:
    recipe, resolved, dataset = _with_resolved(*loaded(data=str(data), **fields))
    return describe(run, recipe, resolved, dataset, image_lists(dataset, recipe), "")


def _with_resolved(chosen: Recipe, data: Dataset) -> tuple[Recipe, Resolved, Dataset]:
    return chosen, RESOLVED, data


def test_a_folder_is_known_by_the_names_of_its_files(run: RunDir, tmp_path: Path) -> None:
    one, other = folder(tmp_path / "one"), folder(tmp_path / "elsewhere")
    kept = described(run, one)
    assert (kept.input.size, kept.input.frame) == (32, 2)
    assert described(run, other).train == kept.train
    assert described(run, one, loader="streaming").train == kept.train
    (other / "a" / "00.png").rename(other / "a" / "99.png")
    assert described(run, other).train != kept.train or (
        described(run, other).validation != kept.validation
    )


def test_a_broken_image_keeps_its_name_and_shows_the_next_in_memory_as_streamed(
    tmp_path: Path,
) -> None:
    for index in range(300):
        file = tmp_path / "ab"[index % 2] / f"{index:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), index % 256).save(file)
    (tmp_path / "a" / "100.png").write_bytes(b"no image")
    _, kept = loaded(data=str(tmp_path), size=8, loader="resident")
    _, streamed = loaded(data=str(tmp_path), size=8, loader="streaming")
    replaced = 0
    for split, same in ((kept.train, streamed.train), (kept.validation, streamed.validation)):
        assert split.names == same.names
        for index, name in enumerate(split.names):
            pixels, label, *_ = split.one(index)
            streamed_pixels, streamed_label, *_ = same.one(index)
            assert pixels.equal(streamed_pixels)
            assert label == streamed_label
            replaced += int(pixels[0, 0, 0]) != int(Path(name).stem) % 256
    assert replaced == 1
    assert kept.mean == streamed.mean


def test_a_published_data_set_is_known_by_its_pixels_and_labels() -> None:
    _, data = loaded()
    before = digest(data.train)
    assert digest(data.validation) != before
    data.train.labels[3] += 1
    assert digest(data.train) != before
    data.train.labels[3] -= 1
    assert digest(data.train) == before
    pixel = data.train.one(0)[0].view(-1)[:1]
    pixel += 1
    assert pixel.dtype == torch.uint8
    assert digest(data.train) != before
