"""The same images train the same network, bit for bit, whatever container they lie in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.checkpoints import checkpoint
from engine.data import loading
from engine.data.base.dataset import Dataset, Images, Split, StoredImages
from engine.recipes.recipe import Recipe
from engine.run.run_paths import RunDir
from tests import containers
from tests.containers import CONTAINERS
from tests.fault_injection import Fault
from tests.forked_engines import ForkServer, new_run
from tests.loading import run_to_end

TRAIN = {
    "arch": "lenet5",
    "seed": 3,
    "epochs": 2,
    "batch": 32,
    "threads": 1,
    "precision": "float32",
    "memory_format": "contiguous",
    "save_every": "3steps",
}
# The save after which the engine is killed: in the middle of the second epoch.
KILLED = Fault("kill", "checkpoint renamed", 5)


@pytest.fixture(scope="module")
def as_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The images as a folder, to which all containers are compared."""
    return containers.folder(tmp_path_factory.mktemp("folder"), containers.small_set())


@pytest.fixture(params=CONTAINERS)
def contained(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same images in each container."""
    (tmp_path / "data").mkdir()
    return CONTAINERS[request.param](tmp_path / "data", containers.small_set())


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


def weights(run: RunDir) -> dict[str, Tensor]:
    return dict(checkpoint.load(run.checkpoints / "last.pt").training.weights)


@pytest.fixture(scope="module")
def train(fork_server: ForkServer) -> Callable[..., dict[str, Tensor]]:
    """Trains on a path to the end, perhaps killed once before, and returns the weights."""

    def trained(runs: Path, data: Path, loader: str, *, killed: bool = False) -> dict[str, Tensor]:
        run = new_run(runs, {**TRAIN, "data": str(data), "loader": loader})
        if killed:
            assert fork_server.start(run, KILLED).wait() == -9
        engine = fork_server.start(run)
        assert engine.wait() == 0, engine.stderr
        return weights(run)

    return trained


@pytest.fixture(scope="module")
def expected(
    train: Callable[..., dict[str, Tensor]],
    as_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Tensor]:
    """The weights after two epochs on the folder."""
    return train(tmp_path_factory.mktemp("runs"), as_folder, "resident")


@pytest.mark.parametrize(("loader", "killed"), [("resident", False), ("streaming", True)])
def test_the_weights_are_the_same_bit_for_bit(
    train: Callable[..., dict[str, Tensor]],
    expected: dict[str, Tensor],
    contained: Path,
    tmp_path: Path,
    loader: str,
    killed: bool,
) -> None:
    found = train(tmp_path / "runs", contained, loader, killed=killed)
    assert found.keys() == expected.keys()
    assert all(found[name].equal(expected[name]) for name in expected)
