"""What the engine's main thread says beside the training."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from engine.distributed.rank import Rank
from engine.process import host
from engine.process.host import Host
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import launch
from tests.processes import LiveJournal, wait_for


@pytest.fixture
def own_handlers() -> Iterator[None]:
    """An engine listens to signals, which the tests do not."""
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
    before = [(number, signal.getsignal(number)) for number in numbers]
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_handlers")
def test_what_was_measured_before_the_end_is_not_said_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers look for how a run ended in its last line."""
    run, lock = claim = launch.create(build_recipe(settings={"epochs": 1, "threads": 1}), tmp_path)
    journal = LiveJournal(run.journal)

    class Slow:
        """Has measured when the run has ended."""

        def __init__(self, folder: Path, processes: object) -> None:
            assert folder == run.path

        def sample(self) -> events.Hardware:
            wait_for(lambda: journal.count(events.RunEnded) > 0)
            return events.Hardware(2, 0.5, 0.5, 1, 2, 1, 1)

    monkeypatch.setattr(host, "Sampler", Slow)
    assert Host(claim, None, sys.stderr).run() == 0
    os.close(lock)
    assert journal.count(events.Hardware) == 0
    assert isinstance(journal.events[-1], events.RunEnded)


@pytest.mark.usefixtures("own_handlers")
def test_the_end_counts_from_where_the_start_began(tmp_path: Path) -> None:
    """Else a first step may come later than the end."""
    run, lock = claim = launch.create(build_recipe(settings={"epochs": 1, "threads": 1}), tmp_path)
    assert Host(claim, None, sys.stderr, began=time.monotonic() - 1000).run() == 0
    os.close(lock)
    journal = LiveJournal(run.journal)
    assert journal.count(events.RunEnded) == 1
    end = journal.events[-1]
    assert isinstance(end, events.RunEnded)
    assert 1000 < end.seconds < 1500


def of_no_images(folder: Path) -> Recipe:
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for i in range(3):
            (folder / name / f"{i}.png").write_bytes(b"no image")
    return build_recipe(settings={"arch": "lenet5", "data": str(folder), "threads": 1})


def attempts(
    claim: Claim, log: Path, *, in_terminal: tuple[bool, ...], rank: Rank | None = None
) -> RunDir:
    """The run after attempts, which a mistake ends; its lines and sentences go to `log`."""
    with log.open("w") as out:
        for told in in_terminal:
            assert Host(claim, out if told else None, out, rank=rank).run() == 2
    os.close(claim.lock)
    return claim.run


def with_too_small_images(folder: Path) -> Recipe:
    return build_recipe(settings={"arch": "lenet5", "size": 8, "threads": 1})


def with_weights_of_another_model(folder: Path) -> Recipe:
    weights = folder.with_suffix(".pt")
    torch.save({"w": torch.ones(1)}, weights)
    return build_recipe(settings={"arch": "lenet5", "init_from": str(weights), "threads": 1})


@pytest.mark.usefixtures("own_handlers")
@pytest.mark.parametrize(
    "recipe", [of_no_images, with_too_small_images, with_weights_of_another_model]
)
def test_a_run_in_a_terminal_that_a_mistake_ends_before_any_step_leaves_no_folder(
    tmp_path: Path, recipe: Callable[[Path], Recipe]
) -> None:
    claim = launch.create(recipe(tmp_path / "given"), tmp_path / "runs")
    run = attempts(claim, tmp_path / "log", in_terminal=(True,))
    assert not run.path.exists()
    assert os.listdir(tmp_path / "runs") == [".numbers"]


@pytest.mark.usefixtures("own_handlers")
def test_a_run_with_a_viewer_or_with_an_attempt_before_keeps_its_folder(tmp_path: Path) -> None:
    claim = launch.create(of_no_images(tmp_path / "images"), tmp_path / "runs")
    run = attempts(claim, tmp_path / "log", in_terminal=(False, True))
    assert LiveJournal(run.journal).count(events.RunEnded) == 2


@pytest.mark.usefixtures("own_handlers")
def test_a_run_that_lost_its_journal_keeps_its_checkpoints(tmp_path: Path) -> None:
    claim = launch.create(with_too_small_images(tmp_path), tmp_path / "runs")
    (claim.run.checkpoints / "epoch-0010.pt").touch()
    run = attempts(claim, tmp_path / "log", in_terminal=(True,))
    assert os.listdir(run.checkpoints) == ["epoch-0010.pt"]


class OneOfSeveral(Rank):
    """Its parent process says why the run ended."""

    alone = False


@pytest.mark.usefixtures("own_handlers")
def test_a_rank_leaves_the_journal_to_its_parent(tmp_path: Path) -> None:
    claim = launch.create(of_no_images(tmp_path / "images"), tmp_path / "runs")
    run = attempts(claim, tmp_path / "log", in_terminal=(True,), rank=OneOfSeveral())
    assert LiveJournal(run.journal).count(events.RunEnded) == 1
