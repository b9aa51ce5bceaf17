"""A run that rests on its way and goes on is the run that never rested, bit for bit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine.checkpoints import checkpoint
from engine.distributed.rank import Rank
from engine.process.session import AttemptOptions, Session
from engine.process.worker import Worker
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe, read_recipe
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from engine.start import launch
from tests.processes import events_of

pytestmark = pytest.mark.usefixtures("one_thread")
# All that a checkpoint must hold beside the weights.
TRAIN = {
    "arch": "lenet5",
    "data": "digits",
    "epochs": 6,
    "batch": 256,
    "threads": 1,
    "seed": 5,
    "schedule": "onecycle",
    "optimizer": "adamw",
    "lr": 0.004,
    "ema": 0.9,
    "shift": 0.1,
    "rotate": 10,
    "mixup": 0.2,
    "dropout": 0.2,
    "class_weights": True,
    "plateau": True,
    "plateau_patience": 1,
    "patience": 4,
    "precision": "float32",
    "memory_format": "contiguous",
}
# What differs although two trainings are the same.
TIMED: dict[str, object] = {
    "seq": 0,
    "time": 0.0,
    "seconds": 0.0,
    "evaluation_seconds": 0.0,
    "images_per_second": None,
}


def new_run(folder: Path, **flags: object) -> RunDir:
    claim = launch.create(build_recipe(flags={**TRAIN, **flags}), folder)
    os.close(claim.lock)
    return claim.run


def attempt(run: RunDir, until: int | None = None) -> events.RunEnded:
    """One attempt at the run; its last event."""
    said: list[Event] = []
    journal = Journal(run.journal)

    def append(event: Event) -> None:
        said.append(journal.append(event))

    session = Session(run, read_recipe(run.recipe), "a", journal, append)
    Worker(session, session.stream(AttemptOptions(until=until)), Rank(), append).run()
    journal.close()
    assert isinstance(said[-1], events.RunEnded)
    return said[-1]


def epochs(run: RunDir) -> list[Any]:
    """What the run found out in each epoch, without the time that it took."""
    found = [e for e in events_of(run) if isinstance(e, events.EpochEnded | events.Confusion)]
    return [
        msgspec.structs.replace(e, **{k: v for k, v in TIMED.items() if hasattr(e, k)})
        for e in found
    ]


def assert_equal_weights(one: RunDir, other: RunDir) -> None:
    for file in ("last.pt", "best.pt"):
        states = [checkpoint.load(run.checkpoints / file).training for run in (one, other)]
        for name in ("weights", "trained_weights"):
            first, second = (getattr(state, name) for state in states)
            assert first.keys() == second.keys()
            assert all(torch.equal(first[key], second[key]) for key in first)
    assert one.predictions.read_bytes() == other.predictions.read_bytes()
    assert one.sightings.read_bytes() == other.sightings.read_bytes()


def test_a_run_that_rests_on_two_rungs_equals_one_that_does_not(tmp_path: Path) -> None:
    whole, rested = new_run(tmp_path / "whole"), new_run(tmp_path / "rested")
    assert attempt(whole).reason == "done"
    for until in (2, 4):
        ended = attempt(rested, until)
        assert (ended.reason, ended.error) == ("stopped", "")
        assert [e.epoch for e in events_of(rested) if isinstance(e, events.EpochEnded)] == [
            *range(1, until + 1)
        ]
        assert checkpoint.load(rested.checkpoints / "last.pt").training.ended_epochs == until
    assert attempt(rested).reason == "done"
    assert epochs(rested) == epochs(whole)
    assert len(epochs(whole)) == 12
    assert_equal_weights(rested, whole)


def test_a_rest_is_no_steering_and_saves_the_epoch_once(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    attempt(run, until=1)
    said = events_of(run)
    assert not [e for e in said if isinstance(e, events.Steered)]
    started = next(e for e in said if isinstance(e, events.RunStarted))
    assert started.recipe is not None
    assert started.recipe.epochs == 6
    saves = [e for e in said if isinstance(e, events.Checkpointed) and e.file == "last.pt"]
    assert [(e.epoch, e.reason) for e in saves] == [(1, "epoch")]


def test_a_run_beyond_the_epoch_says_so_and_trains_nothing(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    attempt(run, until=2)
    before = (run.checkpoints / "last.pt").read_bytes()
    for until in (1, 2):
        assert attempt(run, until).reason == "stopped"
    assert (run.checkpoints / "last.pt").read_bytes() == before
    alerts = [e.text for e in events_of(run) if isinstance(e, events.Alert) and e.code == "until"]
    assert len(alerts) == 2
    assert alerts[0].startswith("nothing was left to train: the run has 2 epochs already")


@pytest.mark.parametrize("until", [2, 3])
def test_the_end_of_the_plan_is_the_end_of_the_run(tmp_path: Path, until: int) -> None:
    run = new_run(tmp_path, epochs=2)
    assert attempt(run, until).reason == "done"


def test_patience_ends_a_run_before_its_rest(tmp_path: Path) -> None:
    run = new_run(tmp_path, lr=1e-9, ema=0.0, epochs=9, patience=1)
    ended = attempt(run, until=8)
    assert ended.reason == "done"
    assert len([e for e in events_of(run) if isinstance(e, events.EpochEnded)]) < 8
