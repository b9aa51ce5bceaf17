"""A script with its real recorder: keys reach its loop, and it goes on exactly where it stopped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.protocol import commands, events
from engine.run import run_liveness, spool
from engine.run.run_paths import RunDir
from tests.processes import TIMEOUT, events_of, start_process, wait_for

SCRIPT = """
import hashlib
import sys
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import cnn_tui

torch.manual_seed(7)
images = TensorDataset(torch.randn(24, 1, 8, 8), torch.arange(24) % 3)
model = nn.Sequential(
    nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2),
    nn.Linear(144, 3),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 24)
name, waits, batches = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "batches"
with cnn_tui.watch(model, optimizer, name=name, epochs=4, data=DataLoader(images, 8),
                   state={"scheduler": scheduler}) as run:
    run.resume()
    for epoch in run.epochs():
        loader = DataLoader(images, 4, shuffle=True)
        for pixels, labels in run.batches(loader) if batches else loader:
            logits = model(pixels)
            loss = nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            if run._script.step + 1 == waits:
                print("waiting", flush=True)
                run._channel.wait_for_command(600)
            run.step(loss=loss, logits=logits, labels=labels)
        run.evaluate(model, DataLoader(images, 8))
weights = b"".join(value.numpy().tobytes() for value in model.state_dict().values())
print(hashlib.sha256(weights).hexdigest())
"""


def started(folder: Path, name: str, waits: int = 0, loop: str = "batches") -> Any:
    """The script; it waits for a command in step number `waits`, 0 for never."""
    script = folder / "train.py"
    script.write_text(SCRIPT)
    arguments = (str(script), name, str(waits), loop)
    return start_process(
        sys.executable, *arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def printed(process: Any) -> str:
    """What the script prints in the end: the digest of its weights."""
    output, error = process.communicate(timeout=TIMEOUT)
    assert all("cnn-tui attach" in line for line in error.splitlines())
    assert process.returncode == 0
    return str(output)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a script prints that nobody disturbs."""
    return printed(started(tmp_path_factory.mktemp("whole"), "whole"))


def run_of(folder: Path, process: Any) -> RunDir:
    """The last run, once its script waits for a command."""
    assert process.stdout.readline() == "waiting\n"
    *_, last = sorted(folder.glob("runs/[0-9]*-*"))
    wait_for(lambda: run_liveness.is_live(RunDir(last)))
    return RunDir(last)


def all_of(run: RunDir, kind: type) -> list[Any]:
    return [event for event in events_of(run) if isinstance(event, kind)]


def test_a_run_that_was_stopped_in_an_epoch_goes_on_bit_for_bit(tmp_path: Path, whole: str) -> None:
    process = started(tmp_path, "halves", waits=9)
    run = run_of(tmp_path, process)
    spool.send(run, commands.Stop)
    assert printed(process) != whole
    wait_for(lambda: not run_liveness.is_live(run))
    (saved,) = all_of(run, events.Checkpointed)
    assert (saved.file, saved.step, saved.reason) == ("script.pt", 9, "stop")
    assert all_of(run, events.RunEnded)[-1].reason == "stopped"

    assert printed(started(tmp_path, "halves")) == whole
    (resumed,) = all_of(run, events.Resumed)
    assert (resumed.step, resumed.from_seq) == (9, saved.seq)
    assert {event.steps_per_epoch for event in all_of(run, events.RunStarted)} == {6}
    ended = all_of(run, events.EpochEnded)
    assert [(event.epoch, event.step) for event in ended[-3:]] == [(2, 12), (3, 18), (4, 24)]


def test_over_a_bare_loader_a_stop_waits_for_the_epoch_and_the_resume_is_exact(
    tmp_path: Path, whole: str
) -> None:
    process = started(tmp_path, "halves", waits=9, loop="bare")
    run = run_of(tmp_path, process)
    spool.send(run, commands.Stop)
    assert printed(process) != whole
    (saved,) = all_of(run, events.Checkpointed)
    assert (saved.step, saved.epoch) == (12, 2)
    assert any(event.code == "stop" for event in all_of(run, events.Alert))
    assert printed(started(tmp_path, "halves", loop="bare")) == whole


def test_a_pause_is_seen_answers_and_changes_no_bit(tmp_path: Path, whole: str) -> None:
    process = started(tmp_path, "paused", waits=9)
    run = run_of(tmp_path, process)
    spool.send(run, commands.Pause)
    wait_for(lambda: any(phase.name == "paused" for phase in all_of(run, events.Phase)))
    asked = spool.send(run, commands.Inspect, kind="maps", layer="0")
    wait_for(lambda: (run.path / "probes" / f"{asked}.json").is_file())
    spool.send(run, commands.Checkpoint)
    wait_for(lambda: bool(all_of(run, events.Checkpointed)))
    spool.send(run, commands.Continue)
    assert printed(process) == whole
    assert all_of(run, events.RunEnded)[-1].reason == "done"


def test_steering_reaches_the_rate_that_is_used(tmp_path: Path) -> None:
    process = started(tmp_path, "steered", waits=5)
    run = run_of(tmp_path, process)
    asked = spool.send(run, commands.Steer, scale=0.5, epochs=2)
    printed(process)
    (steered,) = all_of(run, events.Steered)
    assert (steered.command, steered.factor, steered.epochs) == (asked, 0.5, 2)
    ended = all_of(run, events.EpochEnded)
    assert [event.epoch for event in ended] == [1, 2]
    assert isinstance(ended[-1].lr, float)
    assert ended[-1].lr < 0.05
