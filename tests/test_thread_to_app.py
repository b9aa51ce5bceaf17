"""The whole path in one process: a worker thread trains, its events reach the app as messages."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from engine.distributed.rank import Rank
from engine.process.session import Session
from engine.process.worker import Worker
from engine.protocol import commands, events
from engine.recipes.recipe_building import build_recipe
from engine.run.journal import Journal
from engine.start import launch
from tests.processes import TIMEOUT
from tui.app import CnnTui
from tui.screens.dashboard import Dashboard
from tui.viewer.run_follower import RunFollower


class Listening(Dashboard):
    """A dashboard that remembers what kinds of events it was told of."""

    heard: set[type[events.Event]]

    def on_following_screen_engine_events(self, message: Dashboard.EngineEvents) -> None:
        self.heard |= message.kinds or set()
        super().on_following_screen_engine_events(message)


async def test_events_of_the_worker_thread_arrive_as_messages(tmp_path: Path) -> None:
    chosen = build_recipe(settings={"epochs": 50, "threads": 1})
    run, lock = launch.create(chosen, tmp_path / "runs")
    journal = Journal(run.journal)
    rank = Rank()
    session = Session(run, chosen, "a1", journal, journal.append)
    worker = Worker(session, session.train(), rank, journal.append)
    app = CnnTui(tmp_path / "runs")
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = Listening(RunFollower(run))
        dashboard.heard = set()
        await app.push_screen(dashboard)
        worker.start()
        wanted = {events.RunStarted, events.Steps, events.EpochEnded, events.Confusion}
        async with asyncio.timeout(TIMEOUT):
            while not wanted <= dashboard.heard:
                await pilot.pause(0.05)
        assert dashboard.history.run is not None
        assert dashboard.history.run.recipe == chosen
        rank.send(commands.Stop(id="x", attempt="a1"))
        worker.join(TIMEOUT)
        dashboard.read()
        await pilot.pause()
        assert dashboard.history.ended is not None
    assert worker.outcome.reason == "stopped"
    os.close(lock)
