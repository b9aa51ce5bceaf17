"""A loss that is not a number: who is told, what is kept, and how a run goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnn_tui.non_finite import first_non_finite_layer, first_non_finite_weight
from engine.checkpoints import checkpoint
from engine.data.base.batch import Batch
from engine.distributed.rank import Rank
from engine.process.session import Session
from engine.process.worker import OnNan, Worker
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.run.journal import Journal
from engine.run.journal_reader import JournalReader
from engine.run.run_paths import RunDir
from engine.start import launch
from engine.training.loss import CrossEntropy

EPOCHS, STEPS_AN_EPOCH = 3, 22


class Attempt:
    """An engine's worker in this process, whose loss breaks at some calls."""

    def __init__(
        self, folder: Path, on_nan: OnNan, epochs: int = EPOCHS, accumulate: int = 1
    ) -> None:
        settings = {"epochs": epochs, "threads": 1, "precision": "float32", "on_nan": on_nan}
        settings["accumulate"] = accumulate
        chosen = build_recipe(settings=settings)
        self.run, self._lock = launch.create(chosen, folder)
        rank = Rank()
        self.said: list[Event] = []
        journal = Journal(self.run.journal)

        def append(event: Event) -> None:
            self.said.append(journal.append(event))
            if isinstance(event, events.Phase) and event.name == "paused":
                rank.send(commands.Continue(id="", attempt=""))

        self.session = Session(self.run, chosen, "a1", journal, append)
        self.worker = Worker(self.session, self.session.train(), rank, append, on_nan)

    def finish(self) -> None:
        self.worker.run()
        os.close(self._lock)

    def all(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.said if isinstance(event, kind)]


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the loss of these training steps, counted from 1, NaN."""

    def breaks(*steps: int) -> None:
        whole, count = CrossEntropy.__call__, 0

        def loss(self: CrossEntropy, logits: Tensor, batch: Batch) -> Tensor:
            nonlocal count
            count += 1
            found = whole(self, logits, batch)
            return found * torch.nan if count in steps else found

        monkeypatch.setattr(CrossEntropy, "__call__", loss)

    return breaks


def clean_steps(run: RunDir) -> list[int]:
    """The steps at the ends of epochs that are left when a reader has sorted out the journal."""
    said = [event for batch in JournalReader(run.journal).slices() for event in batch.events]
    return [event.step for event in said if isinstance(event, events.EpochEnded)]


def test_stop_ends_the_run_with_a_sentence_and_a_whole_checkpoint(
    tmp_path: Path, breaking: Callable[..., None]
) -> None:
    breaking(STEPS_AN_EPOCH + 3)
    attempt = Attempt(tmp_path, "stop")
    attempt.finish()
    assert attempt.worker.outcome.reason == "failed"
    assert f"not a number since step {STEPS_AN_EPOCH + 3}" in attempt.worker.outcome.error
    assert checkpoint.load(attempt.run.checkpoints / "last.pt").training.step == STEPS_AN_EPOCH
    kept = torch.load(attempt.run.checkpoints / f"nan-step-{STEPS_AN_EPOCH + 3}.pt")
    assert kept["images"].shape == (64, 1, 32, 32)
    assert kept["labels"].shape == (64,)


def test_rollback_goes_back_with_a_tenth_of_the_rate_and_leaves_one_clean_line(
    tmp_path: Path, breaking: Callable[..., None]
) -> None:
    breaking(STEPS_AN_EPOCH + 3)
    attempt = Attempt(tmp_path, "rollback")
    attempt.finish()
    assert attempt.worker.outcome.reason == "done"
    (resumed,) = attempt.all(events.Resumed)
    assert resumed.step == STEPS_AN_EPOCH
    (steered,) = attempt.all(events.Steered)
    assert isinstance(steered, events.Steered)
    assert steered.factor == pytest.approx(0.1)
    assert clean_steps(attempt.run) == [STEPS_AN_EPOCH * e for e in (1, 2, 3)]


def test_rollback_without_a_checkpoint_is_a_stop(
    tmp_path: Path, breaking: Callable[..., None]
) -> None:
    breaking(2)
    attempt = Attempt(tmp_path, "rollback")
    attempt.finish()
    assert attempt.worker.outcome.reason == "failed"
    assert not attempt.all(events.Resumed)


def test_a_run_that_breaks_again_and_again_is_given_up(
    tmp_path: Path, breaking: Callable[..., None]
) -> None:
    breaking(*range(STEPS_AN_EPOCH + 3, 1000))
    attempt = Attempt(tmp_path, "rollback")
    attempt.finish()
    assert attempt.worker.outcome.reason == "failed"
    assert len(attempt.all(events.Resumed)) == 5


def test_pause_waits_for_a_person_and_the_broken_batch_is_left_out(
    tmp_path: Path, breaking: Callable[..., None]
) -> None:
    breaking(5)
    attempt = Attempt(tmp_path, "pause")
    attempt.finish()
    assert attempt.worker.outcome.reason == "done"
    phases = [e.name for e in attempt.said if isinstance(e, events.Phase)]
    assert phases.count("paused") == 1
    last = attempt.all(events.EpochEnded)[-1]
    assert isinstance(last, events.EpochEnded)
    assert last.loss is not None, "the weights have not seen the broken loss"


def test_weights_that_are_no_numbers_never_replace_a_checkpoint(tmp_path: Path) -> None:
    attempt = Attempt(tmp_path, "pause")
    stream = attempt.session.train()
    for event in stream:
        if isinstance(event, events.EpochEnded):
            break
    trainer, saver = attempt.session.trainer, attempt.session.saver
    assert trainer is not None
    assert saver.save(trainer, ("last.pt", "epoch")) is None
    with torch.no_grad():
        next(trainer.model.parameters()).view(-1)[0] = torch.inf
    refused = saver.save(trainer, ("last.pt", "command"))
    assert isinstance(refused, events.Alert)
    saver.wait()
    weights = checkpoint.load(attempt.run.checkpoints / "last.pt").training.weights.values()
    assert all(bool(weight.isfinite().all()) for weight in weights)
    stream.close()


def test_the_first_layer_that_breaks_is_named() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 1, 8, 8)
    first, last = nn.Conv2d(1, 2, 3), nn.Linear(72, 3)
    model = nn.Sequential(first, nn.ReLU(), nn.Flatten(), last)
    assert first_non_finite_layer(model, images) == ""
    with torch.no_grad():
        last.weight[0, 0] = torch.nan
    assert first_non_finite_layer(model, images) == "3"
    assert first_non_finite_weight(model) == "3"
    assert first.bias is not None
    with torch.no_grad():
        first.bias[1] = torch.inf
    assert first_non_finite_layer(model, images) == "0"
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
