"""What the engine's main thread says beside the training."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.process import host
from engine.process.host import Host
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
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

        def __init__(self, folder: Path) -> None:
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
