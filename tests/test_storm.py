"""Resizing in a storm: whatever sizes a terminal goes through, the last one is drawn whole."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import pytest

from engine.run import run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import scripted
from tests.idle import wait_for_workers
from tests.scripted import Clock
from tests.test_dashboard import app_of
from tests.test_incremental import cells, differing, settled
from tui.app import CnnTui
from tui.viewer.run_follower import RunFollower

SIZES = 18
WIDEST, HIGHEST = 200, 60


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[RunDir]:
    """A run that has only begun, whose lock is held as an engine would."""
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run()[:4])
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def sizes(seed: int, last: tuple[int, int]) -> list[tuple[int, int]]:
    """So many sizes from one cell to many, of which this one is the last."""
    chance = random.Random(seed)
    between = [(chance.randint(1, WIDEST), chance.randint(1, HIGHEST)) for _ in range(SIZES - 3)]
    return [(1, 1), (WIDEST, HIGHEST), *between, last]


@pytest.mark.parametrize(
    ("seed", "last", "pane"),
    [(1, (120, 40), "loss"), (2, (80, 24), "maps"), (3, (33, 7), "log")],
)
async def test_the_dashboard_in_a_storm(
    growing: RunDir, seed: int, last: tuple[int, int], pane: str
) -> None:
    journal, coming = Journal(growing.journal, Clock()), scripted.half_a_run()[4:]
    async with app_of(growing).run_test(size=(120, 40)) as pilot:
        dashboard = await settled(pilot)
        dashboard.action_pane(pane)
        for size, event in zip(sizes(seed, last), chain(coming, repeat(None)), strict=False):
            if event is not None:
                journal.append(event)
            await pilot.resize_terminal(*size)
            dashboard.read()
        for event in coming[SIZES:]:
            journal.append(event)
        await settled(pilot)
        dashboard.show_news(None)
        await pilot.pause()
        after, zoomed = cells(pilot), dashboard.zoomed
    async with app_of(growing).run_test(size=last) as pilot:
        dashboard = await settled(pilot)
        dashboard.action_pane(pane)
        if dashboard.zoomed != zoomed:
            dashboard.action_zoom()
        await pilot.pause()
        assert differing(after, cells(pilot)) == []


@pytest.mark.parametrize("key", ["question_mark", "colon", "s"])
async def test_a_box_in_a_storm(growing: RunDir, key: str) -> None:
    app = CnnTui(
        growing.path.parent, watch=partial(RunFollower, growing), started=True, clock=Clock()
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press(key)
        for size in sizes(5, (80, 24))[-8:]:
            await pilot.resize_terminal(*size)
        after = cells(pilot)
        await pilot.resize_terminal(*(2 * side for side in (80, 24)))
        await pilot.resize_terminal(80, 24)
        assert differing(after, cells(pilot)) == []
        assert [len(row) for row in after] == [80] * 24


async def test_the_launcher_in_a_storm(tmp_path: Path) -> None:
    async with CnnTui(tmp_path / "runs").run_test(size=(120, 40)) as pilot:
        await wait_for_workers(pilot.app)
        for size in sizes(6, (80, 24)):
            await pilot.resize_terminal(*size)
        after = cells(pilot)
    async with CnnTui(tmp_path / "runs").run_test(size=(80, 24)) as pilot:
        await wait_for_workers(pilot.app)
        await pilot.pause()
        assert differing(after, cells(pilot)) == []
