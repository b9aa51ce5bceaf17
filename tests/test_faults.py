"""Every place of a save and of the journal's writing, with a kill or an error of the disk there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine import checkpoint, events, recipe, rundir
from engine.rundir import RunDir
from tests import faulty
from tests.test_kills import clean, results, weights

EPOCHS = 4
TRAIN = {
    "arch": "lenet5",
    "data": "digits",
    "seed": 3,
    "epochs": EPOCHS,
    "threads": 1,
    "precision": "float32",
    "memory_format": "contiguous",
    "save_every": "3steps",
    "ema": 0.9,
}


def fresh(folder: Path) -> RunDir:
    """A run directory that waits for its engine."""
    claim = rundir.create(folder, "run", recipe.to_toml(recipe.build(flags=TRAIN)))
    os.close(claim.lock)
    return claim.run


def engine(run: RunDir, *fault: str) -> subprocess.CompletedProcess[str]:
    """An engine that has ended, after it met this fault or none."""
    program = ["-m", "engine", str(run.path), "--lines"]
    if fault:
        program = [faulty.__file__, *fault, str(run.path)]
    return subprocess.run(
        [sys.executable, *program], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """The run that nothing happens to."""
    run = fresh(tmp_path_factory.mktemp("whole"))
    assert engine(run).returncode == 0
    return run


def equal(run: RunDir, whole: RunDir) -> bool:
    """Whether two runs found out the same and have the same weights, bit for bit."""
    if results(run) != results(whole):
        return False
    pairs = ((weights(run, file), weights(whole, file)) for file in ("last.pt", "best.pt"))
    return all(
        one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
        for one, other in pairs
    )


def test_killed_at_every_place_of_a_save_it_is_always_the_same_run(
    tmp_path: Path, whole: RunDir
) -> None:
    run = fresh(tmp_path)
    for number, place in enumerate(faulty.PLACES):
        # So far on that there is always a checkpoint before the one that is cut off.
        count = 20 if place in ("journal half", "journal written") else 2
        killed = engine(run, "kill", place, str(count))
        assert killed.returncode == -signal.SIGKILL, (place, killed.stdout, killed.stderr)
        saved = list(run.checkpoints.glob("[!.]*.pt"))
        assert saved or number == 0
        for path in saved:
            checkpoint.load(path)  # whole, or not there
    assert engine(run).returncode == 0
    assert equal(run, whole)
    assert sorted(os.listdir(run.checkpoints)) == ["best.pt", "last.pt"]
    assert len([e for e in results(run) if isinstance(e, events.EpochEnded)]) == EPOCHS


def alerts(run: RunDir, code: str) -> list[events.Alert]:
    return [e for e in clean(run) if isinstance(e, events.Alert) and e.code == code]


def test_where_nothing_can_be_saved_the_training_goes_on_and_says_so_once(
    tmp_path: Path, whole: RunDir
) -> None:
    run = fresh(tmp_path)
    done = engine(run, "EDQUOT", "checkpoint half", "2")
    assert done.returncode == 1
    assert "was not saved" in done.stderr
    assert "your quota is used up" in done.stderr
    assert results(run) == results(whole), "it went on to its end"
    [told] = alerts(run, "save")
    assert "your quota is used up" in told.text
    before = checkpoint.load(run.checkpoints / "last.pt")["step"]
    assert 0 < before < 88
    assert [name for name in os.listdir(run.checkpoints) if name.startswith(".")] == []
    assert engine(run).returncode == 0
    assert equal(run, whole)


def test_where_no_event_can_be_written_the_training_goes_on_and_says_so_once(
    tmp_path: Path, whole: RunDir
) -> None:
    run = fresh(tmp_path)
    done = engine(run, "ENOSPC", "journal half", "20")
    assert done.returncode == 1
    assert "last.pt was not saved: No space left on device" in done.stderr
    assert done.stdout.count("error: the journal cannot be written") == 1
    assert f"epoch {EPOCHS}/{EPOCHS}" in done.stdout
    assert len([e for e in results(run) if isinstance(e, events.EpochEnded)]) < EPOCHS
    assert engine(run).returncode == 0
    assert equal(run, whole)
