"""An engine that is killed at any moment goes on as if nothing had happened.

`make soak` sets CNN_TUI_KILLS to some hundreds.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine.checkpoints import checkpoint
from engine.protocol import events
from engine.run.run_paths import RunDir
from tests.forked_engines import Engine, ForkServer, new_run
from tests.processes import LiveJournal, events_of, wait_for

KILLS = int(os.environ.get("CNN_TUI_KILLS", "5"))
EPOCHS = 4 + 2 * KILLS
# Saves all the time, so that many a kill falls into one.
SAVING = {
    "arch": "lenet5",
    "data": "digits",
    "seed": 3,
    "threads": 1,
    "precision": "float32",
    "memory_format": "contiguous",
    "save_every": "3steps",
    "ema": 0.9,
}
TRAIN = {**SAVING, "epochs": EPOCHS, "keep": 2, "plateau": True}


def begun(fork_server: ForkServer, run: RunDir) -> Engine:
    """An engine that has begun to train, or has even ended."""
    before = run.journal.stat().st_size if run.journal.exists() else 0
    engine = fork_server.start(run)

    def trains() -> bool:
        return run.journal.exists() and b'"training"' in run.journal.read_bytes()[before:]

    wait_for(lambda: trains() or engine.poll() is not None)
    return engine


def results(run: RunDir) -> list[events.EpochEnded]:
    """What a run found out at the end of each epoch, without the time that it took.

    Confusions are left out: in a fast run, the journal has no room for each.
    """
    timed: dict[str, Any] = {"seq": 0, "time": 0.0, "seconds": 0.0, "evaluation_seconds": 0.0}
    timed["images_per_second"] = None
    found = [e for e in events_of(run) if isinstance(e, events.EpochEnded)]
    return [msgspec.structs.replace(e, **timed) for e in found]


def weights(run: RunDir, file: str) -> dict[str, torch.Tensor]:
    training = checkpoint.load(run.checkpoints / file).training
    assert training.trained_weights is not None
    parts = {"weights": training.weights, "trained": training.trained_weights}
    return {f"{name}.{key}": value for name, part in parts.items() for key, value in part.items()}


@pytest.mark.timeout(1200 + 60 * KILLS)
def test_a_run_killed_at_random_moments_equals_one_that_was_not(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    whole, torn = (new_run(tmp_path / name, TRAIN) for name in ("whole", "torn"))
    assert fork_server.start(whole).wait() == 0
    dice = random.Random(KILLS)
    for _ in range(KILLS):
        engine = begun(fork_server, torn)
        time.sleep(dice.uniform(0, 0.4))  # not to wait for something: the moment is the point
        if engine.poll() is None:
            engine.send_signal(signal.SIGKILL)
        if engine.wait() == 0:
            break
        for path in torn.checkpoints.glob("[!.]*.pt"):
            checkpoint.load(path)  # whole, or not there
    assert fork_server.start(torn).wait() == 0
    assert LiveJournal(torn.journal).has(
        lambda e: isinstance(e, events.RunEnded) and e.reason == "done"
    )
    assert results(torn) == results(whole)
    assert len(results(torn)) == EPOCHS
    for file in ("last.pt", "best.pt"):
        one, other = weights(torn, file), weights(whole, file)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    assert torn.predictions.read_bytes() == whole.predictions.read_bytes()
    assert torn.sightings.read_bytes() == whole.sightings.read_bytes()
    assert sorted(os.listdir(torn.checkpoints)) == sorted(os.listdir(whole.checkpoints))
