"""A kill or an error of the disk at every point of a save and of a write to the journal."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch

from engine.checkpoints import checkpoint
from engine.protocol import events
from engine.run import image_names, predictions_file, sightings_file
from engine.run.run_paths import RunDir
from tests import fault_injection
from tests.fault_injection import Fault
from tests.forked_engines import ForkServer, new_run
from tests.processes import events_of
from tests.test_kills import SAVING, results, weights

EPOCHS = 4
TRAIN = {**SAVING, "epochs": EPOCHS}


@pytest.fixture(scope="module")
def whole(fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run without a fault."""
    run = new_run(tmp_path_factory.mktemp("whole"), TRAIN)
    assert fork_server.start(run).wait() == 0
    return run


def equal(run: RunDir, whole: RunDir) -> bool:
    """Whether two runs have the same results, files of numpy and weights, bit for bit."""
    if results(run) != results(whole):
        return False
    for file in ("predictions.npz", "sightings.npz", "images.npz"):
        if (run.path / file).read_bytes() != (whole.path / file).read_bytes():
            return False
    pairs = ((weights(run, file), weights(whole, file)) for file in ("last.pt", "best.pt"))
    return all(
        one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
        for one, other in pairs
    )


def test_killed_at_every_point_of_a_save_it_is_always_the_same_run(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    for number, point in enumerate(fault_injection.POINTS):
        # Late enough for a checkpoint to exist before the one that is cut off.
        passes = 20 if point in ("journal half", "journal written") else 2
        engine = fork_server.start(run, Fault("kill", point, passes))
        assert engine.wait() == -signal.SIGKILL, (point, engine.stdout, engine.stderr)
        saved = list(run.checkpoints.glob("[!.]*.pt"))
        assert saved or number == 0
        for path in saved:
            checkpoint.load(path)  # whole, or not there
    assert fork_server.start(run).wait() == 0
    assert equal(run, whole)
    assert sorted(os.listdir(run.checkpoints)) == ["best.pt", "last.pt"]
    assert len([e for e in results(run) if isinstance(e, events.EpochEnded)]) == EPOCHS


def half_written(run: RunDir) -> list[str]:
    return [name for name in os.listdir(run.path) if name.startswith(".")]


def best_epoch(run: RunDir) -> int:
    return max(e.epoch for e in events_of(run) if isinstance(e, events.EpochEnded) and e.best)


def test_killed_between_the_best_weights_and_their_predictions_it_writes_both_again(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    for point in fault_injection.BEST_POINTS:
        assert fork_server.start(run, Fault("kill", point, 0)).wait() == -signal.SIGKILL
        kept = predictions_file.read(run.predictions, 10)  # whole, or not there
        assert (kept is not None) == (point == "predictions renamed")
    assert fork_server.start(run).wait() == 0
    assert equal(run, whole)
    assert half_written(run) == []
    kept = predictions_file.read(run.predictions, 10)
    assert kept is not None
    assert (kept.epoch, kept.step) == (best_epoch(run), best_epoch(run) * 22)
    described = checkpoint.load(run.checkpoints / "best.pt").description
    assert described is not None
    assert kept.digest == described.validation.digest


def test_predictions_that_the_disk_refuses_are_told_once_and_the_run_goes_on(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    assert fork_server.start(run, Fault("ENOSPC", "predictions half", 1)).wait() == 0
    assert results(run) == results(whole)
    [told] = alerts(run, "save")
    assert "predictions.npz was not saved: No space left on device" in told.text
    kept = predictions_file.read(run.predictions, 10)
    assert kept is not None
    assert kept.epoch < best_epoch(run)
    assert half_written(run) == []


def test_killed_around_the_sightings_of_an_epoch_it_writes_the_same_again(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    for point in fault_injection.EPOCH_POINTS:
        assert fork_server.start(run, Fault("kill", point, 1)).wait() == -signal.SIGKILL
        assert sightings_file.read(run.sightings, 10) is not None  # whole, of whichever epoch
    assert fork_server.start(run).wait() == 0
    assert equal(run, whole)
    assert half_written(run) == []


def test_killed_around_the_names_of_its_images_it_has_all_of_them_or_none(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    for point in fault_injection.FIRST_POINTS:
        assert fork_server.start(run, Fault("kill", point, 0)).wait() == -signal.SIGKILL
        assert (image_names.read(run) is not None) == (point == "images renamed")
        assert os.listdir(run.checkpoints) == []
    assert fork_server.start(run).wait() == 0
    assert equal(run, whole)
    assert half_written(run) == []


def test_names_that_the_disk_refuses_are_told_once_and_the_run_goes_on(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    assert fork_server.start(run, Fault("ENOSPC", "images half", 0)).wait() == 0
    assert results(run) == results(whole)
    [told] = alerts(run, "save")
    assert "images.npz was not saved: No space left on device" in told.text
    assert image_names.read(run) is None


def test_sightings_that_the_disk_refuses_are_told_once_and_the_run_goes_on(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    assert fork_server.start(run, Fault("ENOSPC", "sightings half", 1)).wait() == 0
    assert results(run) == results(whole)
    [told] = alerts(run, "save")
    assert "sightings.npz was not saved: No space left on device" in told.text
    kept = sightings_file.read(run.sightings, 10)
    assert kept is not None
    assert kept.epoch < EPOCHS
    assert checkpoint.load(run.checkpoints / "last.pt").training.ended_epochs == EPOCHS


def alerts(run: RunDir, code: str) -> list[events.Alert]:
    return [e for e in events_of(run) if isinstance(e, events.Alert) and e.code == code]


def test_where_nothing_can_be_saved_the_training_goes_on_and_says_so_once(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    engine = fork_server.start(run, Fault("EDQUOT", "checkpoint half", 2))
    assert engine.wait() == 1
    assert "was not saved" in engine.stderr
    assert "your quota is used up" in engine.stderr
    assert results(run) == results(whole), "it went on to its end"
    [told] = alerts(run, "save")
    assert "your quota is used up" in told.text
    before = checkpoint.load(run.checkpoints / "last.pt").training.step
    assert 0 < before < 88
    assert [name for name in os.listdir(run.checkpoints) if name.startswith(".")] == []
    assert fork_server.start(run).wait() == 0
    assert equal(run, whole)


def test_where_no_event_can_be_written_the_training_goes_on_and_says_so_once(
    fork_server: ForkServer, tmp_path: Path, whole: RunDir
) -> None:
    run = new_run(tmp_path, TRAIN)
    engine = fork_server.start(run, Fault("ENOSPC", "journal half", 20))
    assert engine.wait() == 1
    assert "last.pt was not saved: No space left on device" in engine.stderr
    assert engine.stdout.count("error: the journal cannot be written") == 1
    assert f"epoch {EPOCHS}/{EPOCHS}" in engine.stdout
    assert len([e for e in results(run) if isinstance(e, events.EpochEnded)]) < EPOCHS
    assert fork_server.start(run).wait() == 0
    assert equal(run, whole)
