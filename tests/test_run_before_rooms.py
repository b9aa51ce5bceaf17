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

from engine.checkpoints import checkpoint, run_state
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run import run_liveness, run_search
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.run_paths import RunDir
from tests.forked_engines import ForkServer
from tests.processes import LiveJournal
from tui.viewer.run_summary import summarize

FIXTURE = Path(__file__).parent / "fixtures" / "run-before-rooms"


@pytest.fixture
def old_run(tmp_path: Path) -> RunDir:
    """A copy of the run in the runs folder `runs`, as its owner would have it."""
    shutil.copytree(FIXTURE, tmp_path / "runs")
    return RunDir(tmp_path / "runs" / "1-lenet5-digits")


def test_it_is_listed_as_stopped_after_one_epoch(old_run: RunDir) -> None:
    assert run_search.list_runs(old_run.path.parent) == [old_run]
    listed = summarize(old_run, run_liveness.liveness(old_run))
    assert (listed.number, listed.arch, listed.data) == (1, "lenet5", "digits")
    assert (listed.state, listed.epoch, listed.epochs) == ("stopped", 1, 40)
    assert listed.best_top1 == pytest.approx(41 / 140)


def test_every_line_of_its_journal_is_folded(old_run: RunDir) -> None:
    reader, history = JournalReader(old_run.journal), History()
    said = [event for batch in reader.slices() for event in batch.events]
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
    chosen = build_recipe(file=read_fields(old_run.recipe))
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
    expected, loaded = [*tensors(saved)], [*tensors(run_state.to_plain(checkpoint.load(path)))]
    assert len(loaded) == len(expected) == 22  # weights, momentum, the epoch's sums, random state
    for was, now in zip(expected, loaded, strict=True):
        assert was.dtype == now.dtype
        assert torch.equal(was, now)


def test_its_checkpoint_has_all_that_a_resume_needs_and_no_description(old_run: RunDir) -> None:
    state = checkpoint.load(old_run.checkpoints / "last.pt")
    training = state.training
    assert state.description is None
    assert (training.step, training.ended_epochs) == (21, 1)
    shape = training.shape
    assert (shape.steps_per_epoch, shape.batch, shape.classes) == (20, 64, 10)
    assert training.best.top1 == pytest.approx(41 / 140)
    assert training.best.epoch == 1
    assert training.last.epoch == 0, "format 2 does not say"


def test_it_is_resumed_and_then_saved_in_the_format_of_today(
    old_run: RunDir, fork_server: ForkServer
) -> None:
    engine = fork_server.start(old_run)
    assert (engine.wait(), engine.stderr) == (0, "")
    journal = LiveJournal(old_run.journal)
    assert journal.has(lambda e: isinstance(e, events.Resumed) and (e.step, e.epoch) == (21, 2))
    state = checkpoint.load(old_run.checkpoints / "last.pt")
    assert (state.training.step, state.training.ended_epochs) == (800, 40)
    assert state.training.last.epoch == 40
    assert state.description is not None
    assert state.description.architecture == "lenet5"
