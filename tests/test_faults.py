"""Every place of a save and of the journal's writing, with a kill or an error of the disk there."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch

from engine.checkpoints import checkpoint
from engine.protocol import events
from engine.run.run_paths import RunDir
from tests import faulty
from tests.faulty import Fault
from tests.nursery import Nursery, fresh
from tests.processes import clean
from tests.test_kills import SAVING, results, weights

EPOCHS = 4
TRAIN = {**SAVING, "epochs": EPOCHS}


@pytest.fixture(scope="module")
def whole(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """The run that nothing happens to."""
    run = fresh(tmp_path_factory.mktemp("whole"), TRAIN)
    assert nursery.begin(run).wait() == 0
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
    nursery: Nursery, tmp_path: Path, whole: RunDir
) -> None:
    run = fresh(tmp_path, TRAIN)
    for number, place in enumerate(faulty.PLACES):
        # So far on that there is always a checkpoint before the one that is cut off.
        unharmed = 20 if place in ("journal half", "journal written") else 2
        engine = nursery.begin(run, Fault("kill", place, unharmed))
        assert engine.wait() == -signal.SIGKILL, (place, engine.printed, engine.complained)
        saved = list(run.checkpoints.glob("[!.]*.pt"))
        assert saved or number == 0
        for path in saved:
            checkpoint.load(path)  # whole, or not there
    assert nursery.begin(run).wait() == 0
    assert equal(run, whole)
    assert sorted(os.listdir(run.checkpoints)) == ["best.pt", "last.pt"]
    assert len([e for e in results(run) if isinstance(e, events.EpochEnded)]) == EPOCHS


def alerts(run: RunDir, code: str) -> list[events.Alert]:
    return [e for e in clean(run) if isinstance(e, events.Alert) and e.code == code]


def test_where_nothing_can_be_saved_the_training_goes_on_and_says_so_once(
    nursery: Nursery, tmp_path: Path, whole: RunDir
) -> None:
    run = fresh(tmp_path, TRAIN)
    engine = nursery.begin(run, Fault("EDQUOT", "checkpoint half", 2))
    assert engine.wait() == 1
    assert "was not saved" in engine.complained
    assert "your quota is used up" in engine.complained
    assert results(run) == results(whole), "it went on to its end"
    [told] = alerts(run, "save")
    assert "your quota is used up" in told.text
    before = checkpoint.load(run.checkpoints / "last.pt").training.step
    assert 0 < before < 88
    assert [name for name in os.listdir(run.checkpoints) if name.startswith(".")] == []
    assert nursery.begin(run).wait() == 0
    assert equal(run, whole)


def test_where_no_event_can_be_written_the_training_goes_on_and_says_so_once(
    nursery: Nursery, tmp_path: Path, whole: RunDir
) -> None:
    run = fresh(tmp_path, TRAIN)
    engine = nursery.begin(run, Fault("ENOSPC", "journal half", 20))
    assert engine.wait() == 1
    assert "last.pt was not saved: No space left on device" in engine.complained
    assert engine.printed.count("error: the journal cannot be written") == 1
    assert f"epoch {EPOCHS}/{EPOCHS}" in engine.printed
    assert len([e for e in results(run) if isinstance(e, events.EpochEnded)]) < EPOCHS
    assert nursery.begin(run).wait() == 0
    assert equal(run, whole)
