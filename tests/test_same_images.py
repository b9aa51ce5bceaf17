"""The same images train the same network, bit for bit, whatever container they lie in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.checkpoints import checkpoint
from engine.data import loading
from engine.data.base.dataset import Dataset, Images, Split, StoredImages
from engine.recipes.recipe import Recipe
from tests import containers
from tests.containers import CONTAINERS
from tests.fault_injection import Fault
from tests.forked_engines import ForkServer, new_run
from tests.loading import run_to_end

EPOCHS = 4
TRAIN = {
    "arch": "lenet5",
    "seed": 3,
    "epochs": EPOCHS,
    "batch": 32,
    "threads": 1,
    "precision": "float32",
    "memory_format": "contiguous",
    "save_every": "3steps",
}
# The save after which the engine is killed: in the middle of the second epoch. A disk that is slow
# leaves out saves within epochs, and it comes later, but before the last one.
KILLED = Fault("kill", "checkpoint renamed", 4)


@pytest.fixture(scope="module")
def as_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The images as a folder, to which all containers are compared."""
    return containers.folder(tmp_path_factory.mktemp("folder"), containers.small_set())


@pytest.fixture(scope="module", params=CONTAINERS)
def contained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same images in each container."""
    return CONTAINERS[request.param](tmp_path_factory.mktemp("data"), containers.small_set())


def loaded(path: Path, loader: str) -> Dataset:
    recipe = Recipe(data=str(path), loader=loader, threads=1)  # type: ignore[arg-type]
    return run_to_end(loading.load(recipe))[1]


def all_pixels(split: Split) -> Tensor:
    """The pixels (N, C, H, W) as they go to the device."""
    if isinstance(split, Images):
        return split.pixels
    assert isinstance(split, StoredImages)
    return torch.stack([split.one(index)[0] for index in range(len(split))])


@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_the_same_bytes_reach_the_device(as_folder: Path, contained: Path, loader: str) -> None:
    one, other = loaded(as_folder, "resident"), loaded(contained, loader)
    for split in ("train", "validation"):
        expected, found = getattr(one, split), getattr(other, split)
        assert all_pixels(found).equal(all_pixels(expected))
        assert found.labels.equal(expected.labels)
    assert (other.mean, other.std) == (one.mean, one.std)
    assert (other.classes, other.validates) == (one.classes, one.validates)


def train(
    fork_server: ForkServer, runs: Path, *, killed: bool = False, **fields: object
) -> dict[str, Tensor]:
    """Trains to the end, perhaps killed once after the first epoch, and returns the weights."""
    run = new_run(runs, TRAIN | fields)
    if killed:
        assert fork_server.start(run, KILLED).wait() == -9
        state = checkpoint.load(run.checkpoints / "last.pt").training
        assert 1 <= state.ended_epochs < EPOCHS
    engine = fork_server.start(run)
    assert engine.wait() == 0, engine.stderr
    return dict(checkpoint.load(run.checkpoints / "last.pt").training.weights)


@pytest.fixture(scope="module")
def expected(
    fork_server: ForkServer, as_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Tensor]:
    """The weights after all epochs on the folder."""
    runs = tmp_path_factory.mktemp("runs")
    return train(fork_server, runs, data=str(as_folder), loader="resident")


@pytest.mark.parametrize(("loader", "killed"), [("resident", False), ("streaming", True)])
def test_the_weights_are_the_same_bit_for_bit(
    fork_server: ForkServer,
    expected: dict[str, Tensor],
    contained: Path,
    tmp_path: Path,
    loader: str,
    killed: bool,
) -> None:
    fields = {"data": str(contained), "loader": loader}
    found = train(fork_server, tmp_path / "runs", killed=killed, **fields)
    assert found.keys() == expected.keys()
    assert all(found[name].equal(expected[name]) for name in expected)
