"""A run folder of the version before the engine had rooms: today's program reads all of it.

`tests/fixtures/run-before-rooms` holds LeNet-5 on digits, stopped by SIGTERM after the first
step of its second epoch, with a checkpoint of format 2.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.checkpoints import checkpoint
from engine.protocol import events
from engine.recipes import recipe
from engine.run import rundir
from engine.run.history import History
from engine.run.journal import Reader
from engine.run.rundir import RunDir
from tui.viewer.run_summary import summary

FIXTURE = Path(__file__).parent / "fixtures" / "run-before-rooms"


@pytest.fixture
def old_run(tmp_path: Path) -> RunDir:
    """A copy of the run in the runs folder `runs`, as its owner would have it."""
    shutil.copytree(FIXTURE, tmp_path / "runs")
    return RunDir(tmp_path / "runs" / "1-lenet5-digits")


def test_it_is_listed_as_stopped_after_one_epoch(old_run: RunDir) -> None:
    assert rundir.runs(old_run.path.parent) == [old_run]
    listed = summary(old_run, rundir.life(old_run))
    assert (listed.number, listed.arch, listed.data) == (1, "lenet5", "digits")
    assert (listed.state, listed.epoch, listed.epochs) == ("stopped", 1, 40)
    assert listed.best_top1 == pytest.approx(41 / 140)


def test_every_line_of_its_journal_is_folded(old_run: RunDir) -> None:
    reader, history = Reader(old_run.journal), History()
    said = [event for batch in reader.batches() for event in batch.events]
    assert len(said) == len(old_run.journal.read_bytes().splitlines())
    history.fold(said)
    assert (history.step, history.epoch, history.planned_steps) == (21, 2, 800)
    assert history.run is not None
    assert history.run.parameters == 61_706
    assert history.checkpoint is not None
    assert history.checkpoint.reason == "stop"
    assert history.confusion is not None
    assert history.health is not None
    assert isinstance(history.ended, events.RunEnded)


def test_its_recipe_is_read_with_what_every_auto_became(old_run: RunDir) -> None:
    chosen = recipe.build(file=recipe.load(old_run.recipe))
    assert (chosen.arch, chosen.data, chosen.epochs, chosen.batch) == ("lenet5", "digits", 40, 64)
    assert (chosen.device, chosen.threads, chosen.loader) == ("cpu", 1, "resident")
    assert chosen.save_every == "20steps"


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor of a nested state, in its order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from tensors(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from tensors(part)


def test_the_tensors_of_its_checkpoint_are_loaded_bit_for_bit(old_run: RunDir) -> None:
    path = old_run.checkpoints / "last.pt"
    saved = torch.load(path, map_location="cpu", weights_only=True)
    assert saved["format"] == 2
    expected, loaded = [*tensors(saved)], [*tensors(checkpoint.load(path))]
    assert len(loaded) == len(expected) == 22  # weights, momentum, the epoch's sums, random state
    for was, now in zip(expected, loaded, strict=True):
        assert was.dtype == now.dtype
        assert torch.equal(was, now)
