"""A look inside that comes before the training is answered, so that no pane waits for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from engine.distributed.rank import Rank
from engine.process.process_text import nothing_to_show
from engine.process.session import EventStream, Session
from engine.process.worker import Worker
from engine.protocol import commands, events
from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.run import lock_owner, spool
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from engine.start import launch
from tests import scripted
from tests.test_dashboard import notes, screen
from tui.app import CnnTui
from tui.screens.dashboard import Dashboard
from tui.viewer.inspection_requests import InspectionRequests
from tui.viewer.run_follower import RunFollower


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDir]:
    """A run whose engine has not begun to load."""
    made, lock = launch.create(build_recipe(), tmp_path / "runs")
    yield made
    os.close(lock)


def serve(run: RunDir, *said: Event) -> list[Event]:
    """Have the worker of an engine that has come so far obey what it was told; what it says."""
    told: list[Event] = []
    owner = lock_owner.read_owner(run)
    assert owner is not None
    session = Session(run, build_recipe(), owner.attempt, Journal(run.journal), told.append)
    rank = Rank()

    def life() -> EventStream:
        yield from said
        for command in spool.Spool(run, owner.attempt, lambda file, why: None).take():
            rank.send(command)
        yield None

    Worker(session, life(), rank, told.append).run()
    assert isinstance(told[-1], events.RunEnded)
    return told[:-1]


def test_who_asks_too_early_is_told_so(run: RunDir) -> None:
    requests = InspectionRequests(run)
    requests.ask(InspectionRequest("augmented"))
    assert requests.reply() is None
    told = serve(run, events.Phase("loading"))
    answer = requests.reply()
    assert isinstance(answer, events.Alert)
    assert answer.text.startswith("nothing is trained yet (loading)")
    assert answer == told[-1], "the journal says the same"
    assert not requests.waiting


def test_a_refusal_that_cannot_be_written_ends_no_run(run: RunDir) -> None:
    run.replies.write_text("in the way")
    question = spool.send(run, commands.Inspect, kind="augmented")
    *_, last = serve(run)
    assert isinstance(last, events.Alert)
    assert last.command == question
    assert last.text.startswith("the reply to an inspection was not written")


async def test_a_pane_whose_run_is_just_taken_up_again_no_longer_says_that_it_asks(
    run: RunDir,
) -> None:
    scripted.write(run, scripted.half_a_run())
    async with CnnTui(run.path.parent, watch=partial(RunFollower, run)).run_test(
        size=(120, 40)
    ) as pilot:
        await pilot.pause()
        await pilot.press("6", "n")
        assert "waiting for" in screen(pilot)
        serve(run, events.Phase("loading"))
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        dashboard.inspection.look_for_reply()
        await pilot.pause()
        assert "waiting" not in screen(pilot)
        assert notes(pilot) == [nothing_to_show("loading")]
