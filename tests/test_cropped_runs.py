"""Runs on random crops that grow: killed, side by side, with and without what is kept."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch

from engine.checkpoints import checkpoint
from engine.data.cache import kept_stores
from engine.run.run_paths import RunDir
from tests.forked_engines import ForkServer, new_run
from tests.processes import wait_for
from tests.test_cropped_streams import photos
from tests.test_kills import begun, results

FIELDS: dict[str, object] = {
    "arch": "resnet20",
    "size": 32,
    "size_start": 16,
    "crop_scale": (0.3, 1.0),
    "crop": 0,
    "flip": True,
    "rotate": 10.0,
    "batch": 5,
    "epochs": 4,
    "seed": 3,
    "threads": 1,
    "precision": "float32",
    "memory_format": "contiguous",
    "save_every": "2steps",
}


def run_of(folder: Path, data: Path, cache: Path | str, decisions: Path | str = "") -> RunDir:
    given = {"data": str(data), "cache": str(cache), "decisions": str(decisions)}
    return new_run(folder, {**FIELDS, **given})


def same(run: RunDir, other: RunDir) -> bool:
    one, two = (checkpoint.load(each.checkpoints / "last.pt").training for each in (run, other))
    assert results(run) == results(other)
    return all(torch.equal(one.weights[key], two.weights[key]) for key in one.weights)


@pytest.mark.timeout(1200)
def test_runs_killed_and_side_by_side_equal_one_that_keeps_nothing(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    data, kept = photos(tmp_path, 20), tmp_path / "kept"
    plain = run_of(tmp_path / "plain", data, "off")
    assert fork_server.start(plain).wait() == 0

    torn = run_of(tmp_path / "torn", data, kept)
    for step in (1, 4, 7):  # of 12, so that it goes on from the middle of epochs
        kill_after(step, torn, fork_server)
    assert fork_server.start(torn).wait() == 0
    assert same(torn, plain)

    kept_stores.clear(kept)
    decisions = tmp_path / "mine.toml"
    decisions.write_text('[labels]\n"train/a/001.png" = "drop"\n')
    without = run_of(tmp_path / "without", data, "off", decisions)
    pair = [run_of(tmp_path / name, data, kept) for name in ("one", "other")]
    dropping = run_of(tmp_path / "dropping", data, kept, decisions)
    engines = [fork_server.start(run) for run in (*pair, dropping, without)]
    assert [engine.wait() for engine in engines] == [0, 0, 0, 0]
    assert all(same(run, plain) for run in pair)
    assert same(dropping, without)
    assert results(dropping) != results(plain)
    (store,) = kept_stores.stores(kept)
    assert store.complete


def kill_after(step: int, run: RunDir, fork_server: ForkServer) -> None:
    """Start an engine, and kill it when this step is saved."""
    engine = begun(fork_server, run)
    wait_for(lambda: _saved_step(run) >= step or engine.poll() is not None)
    engine.send_signal(signal.SIGKILL)
    engine.wait()


def _saved_step(run: RunDir) -> int:
    last = run.checkpoints / "last.pt"
    return checkpoint.load(last).training.step if last.exists() else 0
