"""A run that holds out a share of its training images, and looks at its test images once."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from msgspec import UNSET

from engine.data import preparation
from engine.data.base.dataset import Dataset, Images, StoredImages
from engine.data.decoding.image_format import ImageFormat
from engine.data.loaders import loader_choice
from engine.data.loading import load
from engine.devices import device as devices
from engine.devices import device_resolution
from engine.models import registry
from engine.process.session import Session
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.run.journal import Journal
from engine.training.trainer import Trainer
from tests import scripted
from tests.forked_engines import ForkServer, new_run
from tests.loading import pixels as loaded
from tests.loading import run_to_end
from tests.processes import LiveJournal

CPU = torch.device("cpu")


def digits(**settings: Any) -> tuple[Trainer, Dataset]:
    """A trainer of LeNet-5 on the digits, with a share held out."""
    torch.set_num_threads(1)
    fixed = {"epochs": 1, "precision": "float32", "threads": 1, "holdout": 0.2}
    chosen = build_recipe(settings={**fixed, **settings})
    data = run_to_end(load(chosen))[1]
    torch.manual_seed(0)
    model = registry.build("lenet5", 1, 32, 10)
    resolved = device_resolution.resolve(chosen, CPU, 32)
    return Trainer(chosen, resolved, CPU, data, model, scripted.Clock()), data


def test_other_weights_are_tested_and_those_of_the_training_stay() -> None:
    work, data = digits()
    best = {name: torch.zeros_like(value) for name, value in work.model.state_dict().items()}
    list(itertools.islice(work.run(), 20))
    before = {name: value.clone() for name, value in work.model.state_dict().items()}
    said = list(work.test(best))
    assert [event.note for event in said if isinstance(event, events.Phase)] == ["test"]
    assert work.tested is not None
    assert data.test is not None
    assert len(loaded(data.test)) == len(work.tested.cells)
    assert work.tested.loss == pytest.approx(torch.tensor(10.0).log().item(), rel=1e-6)
    assert all(torch.equal(value, before[key]) for key, value in work.model.state_dict().items())


def test_without_a_holdout_there_is_nothing_to_test() -> None:
    assert digits()[0].can_test
    assert not digits(holdout=0.0)[0].can_test


def test_images_that_are_validated_stay_on_the_device_where_they_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = Images(torch.zeros(4, 3, 8, 8, dtype=torch.uint8), torch.arange(4))
    on_disk = StoredImages("", [], torch.arange(0), ImageFormat(3, 8, 0))
    for room, device in ((4 * 3 * 8 * 8, "meta"), (4 * 3 * 8 * 8 - 1, "cpu")):
        monkeypatch.setattr(devices, "room", lambda _, room=room: room)
        kept = loader_choice.on_device(images, torch.device("meta"))
        assert isinstance(kept, Images)
        assert (kept.pixels.device.type, kept.labels.device.type) == (device, device)
        assert loader_choice.on_device(on_disk, torch.device("meta")) is on_disk


@pytest.mark.parametrize(
    ("holdout", "codes"),
    [
        (0.0, ["images", "loader", "validation"]),
        (0.1, ["images", "loader", "validation", "test"]),
    ],
)
def test_what_a_person_should_know_of_the_data(holdout: float, codes: list[str]) -> None:
    chosen = build_recipe(settings={"holdout": holdout})
    data = run_to_end(load(chosen))[1]
    said = preparation.data_alerts(data, chosen, device_resolution.resolve(chosen, CPU, 32), 1e9)
    assert [event.code for event in said if isinstance(event, events.Alert)] == codes


def test_a_run_with_a_holdout_ends_with_its_test_accuracy(fork_server: ForkServer) -> None:
    flags = {"arch": "lenet5", "data": "digits", "epochs": 2, "threads": 1, "holdout": 0.2}
    run = new_run(Path("runs"), flags)
    engine = fork_server.start(run)
    assert (engine.wait(), engine.stderr) == (0, "")
    live_journal = LiveJournal(run.journal)
    assert live_journal.count(events.RunEnded) == 1
    end = live_journal.events[-1]
    assert isinstance(end, events.RunEnded)
    assert isinstance(end.test_top1, float)
    assert isinstance(end.test_loss, float)
    assert 0.2 < end.test_top1 < 1
    assert engine.stdout.splitlines()[-2].endswith(f"– test {end.test_top1 * 100:.1f} %")
    told = [event.code for event in live_journal.events if isinstance(event, events.Alert)]
    assert told.count("test") == 1


def test_a_best_checkpoint_that_is_not_there_is_told_and_the_run_is_done(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs")
    chosen = build_recipe(settings={"epochs": 1, "threads": 1, "holdout": 0.2})
    journal = Journal(run.journal)
    session = Session(run, chosen, "a1", journal, journal.append)
    said = [event for event in session.train() if event is not None]  # nobody saves a checkpoint
    assert isinstance(said[-1], events.Alert)
    assert said[-1].code == "test"
    assert "the best checkpoint is missing" in said[-1].text
    end = session.ended("done", "")
    assert isinstance(end, events.RunEnded)
    assert end.test_top1 is UNSET
