"""An engine that is killed at any moment goes on as if nothing had happened.

`make soak` sets CNN_TUI_KILLS to some hundreds.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec
import torch

from engine import checkpoint, events
from engine.events import Event
from engine.journal import Reader
from engine.rundir import RunDir
from tests.processes import Watch, headless, wait_for

KILLS = int(os.environ.get("CNN_TUI_KILLS", "5"))
EPOCHS = 10 + 2 * KILLS
# Saves all the time, so that many a kill falls into one.
TRAIN = (
    *("--no-ui", "-m", "lenet5", "-d", "digits", "--seed", "3", "--epochs", str(EPOCHS)),
    *(
        "--set",
        "threads=1",
        "--set",
        "precision=float32",
        "--set",
        "memory_format=contiguous",
        "--set",
        "save_every=3steps",
    ),
    *("--set", "keep=2", "--set", "ema=0.9", "--set", "plateau=true"),
)


def started(run: RunDir, *arguments: str) -> subprocess.Popen[str]:
    """A process that has begun to train."""
    before = run.journal.stat().st_size if run.journal.exists() else 0
    process = headless(*arguments)

    def trains() -> bool:
        if not run.journal.exists():
            return False
        with open(run.journal, "rb") as file:
            file.seek(before)
            return b'"training"' in file.read() or process.poll() == 0

    wait_for(trains)
    return process


def clean(run: RunDir) -> list[Event]:
    """What a reader makes of the journal: one line, whatever happened."""
    said: list[Event] = []
    for batch in Reader(run.journal).batches():
        said = batch.events if batch.anew else said + list(batch.events)
    return list(said)


def results(run: RunDir) -> list[Any]:
    """All that a run found out, without the time that it took."""
    timed: dict[str, object] = {"seq": 0, "time": 0.0, "seconds": 0.0, "evaluation_seconds": 0.0}
    timed["images_per_second"] = None
    found = [e for e in clean(run) if isinstance(e, events.EpochEnded | events.Confusion)]
    return [
        msgspec.structs.replace(e, **{k: v for k, v in timed.items() if hasattr(e, k)})
        for e in found
    ]


def weights(run: RunDir, file: str) -> dict[str, torch.Tensor]:
    state = checkpoint.load(run.checkpoints / file)
    return {f"{part}.{k}": v for part in ("model", "trained") for k, v in state[part].items()}


def test_a_run_killed_at_random_moments_equals_one_that_was_not(tmp_path: Path) -> None:
    whole, torn = (RunDir(tmp_path / name / "1-lenet5-digits") for name in ("whole", "torn"))
    undisturbed = headless(*TRAIN, "--runs-dir", str(whole.path.parent))
    undisturbed.communicate(timeout=600)
    assert undisturbed.returncode == 0
    dice = random.Random(KILLS)
    process = started(torn, *TRAIN, "--runs-dir", str(torn.path.parent))
    for _ in range(KILLS):
        time.sleep(dice.uniform(0, 0.4))  # not to wait for something: the moment is the point
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if any(isinstance(e, events.RunEnded) for e in clean(torn)):
            break
        for path in torn.checkpoints.glob("[!.]*.pt"):
            checkpoint.load(path)  # whole, or not there
        process = started(torn, "resume", str(torn.path), "--no-ui")
    process.communicate(timeout=600)
    watch = Watch(torn.journal)
    assert watch.has(lambda e: isinstance(e, events.RunEnded) and e.reason == "done")
    assert results(torn) == results(whole)
    assert len([e for e in results(torn) if isinstance(e, events.EpochEnded)]) == EPOCHS
    for file in ("last.pt", "best.pt"):
        one, other = weights(torn, file), weights(whole, file)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    assert sorted(os.listdir(torn.checkpoints)) == sorted(os.listdir(whole.checkpoints))
