"""Twenty starts of one command at once, which are each other's load, give the same bits."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
import pytest

from engine.checkpoints import checkpoint
from engine.protocol.events import Alert, EpochEnded, RunStarted
from engine.run.run_paths import RunDir
from tests.processes import COMMAND, TIMEOUT, events_of, start_process

STARTS = int(os.environ.get("CNN_TUI_STARTS", "20"))
Cache: TypeAlias = Literal["empty", "kept", "unwritable"]

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3 * TIMEOUT)]


class Outcome(NamedTuple):
    """What must not differ between the starts."""

    resolved: Any
    epochs: tuple[tuple[Any, ...], ...]
    weights: str


def outcome(run: RunDir) -> Outcome:
    said = events_of(run)
    (started,) = [event for event in said if isinstance(event, RunStarted)]
    epochs = [event for event in said if isinstance(event, EpochEnded)]
    digest = hashlib.sha256()
    weights = checkpoint.load(run.checkpoints / "last.pt").training.weights
    for name, tensor in sorted(weights.items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    numbers = [(e.epoch, e.train_loss, e.train_top1, e.loss, e.top1, e.top5) for e in epochs]
    return Outcome(msgspec.to_builtins(started.resolved), tuple(numbers), digest.hexdigest())


def start_all(runs: Path, *arguments: str) -> None:
    """Start all at once, and wait for them."""
    processes = [
        start_process(
            *(*COMMAND, "--no-ui", "--epochs", "2", "--seed", "7", "--runs-dir", str(runs)),
            *arguments,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(STARTS)
    ]
    assert [process.wait(TIMEOUT) for process in processes] == [0] * STARTS


@pytest.mark.parametrize("cache", ["empty", "kept", "unwritable"])
def test_equal_choices_equal_numbers_equal_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Cache
) -> None:
    command = ("-m", "lenet5", "-d", "digits")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if cache == "unwritable":
        (tmp_path / "cache").write_text("no folder")
    if cache == "kept":
        start_all(tmp_path / "before", *command)
    start_all(tmp_path / "runs", *command)
    runs = [RunDir(folder) for folder in sorted(tmp_path.glob("runs/*-lenet5-digits"))]
    outcomes = [outcome(run) for run in runs]
    assert len(outcomes) == STARTS
    assert all(each == outcomes[0] for each in outcomes), outcomes
    assert len(outcomes[0].epochs) == 2
    said = [event for run in runs for event in events_of(run) if isinstance(event, Alert)]
    kept = [event for event in said if event.code == "choices"]
    assert bool(kept) is (cache == "unwritable")
