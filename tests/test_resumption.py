"""`R` in the dashboard of a run that has ended: an engine trains it further."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe
from engine.run import run_lock
from engine.run.run_lock import Claim
from engine.start import launch
from tests import scripted, scripted_logs, watched_runs
from tests.dialogs import words
from tests.idle import wait_for_workers
from tests.test_dashboard import app_of, notes, screen
from tui.app import CnnTui
from tui.screens.epochs_dialog import EpochsDialog
from tui.viewer.log_follower import LogFollower
from tui.widgets.palette import Actions

STOPPED = [*scripted.half_a_run(), events.RunEnded("stopped")]
DONE = [*scripted.half_a_run(epochs=2)[:-6], events.RunEnded("done", best_epoch=2)]


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Claim, Recipe, tuple[str, ...]]]:
    """The engines that would have been started; each keeps its claim."""
    found: list[tuple[Claim, Recipe, tuple[str, ...]]] = []
    monkeypatch.setattr(launch, "spawn", lambda *asked: found.append((*asked[:2], asked[2:])))
    return found


async def resume(pilot: Pilot[Any]) -> None:
    await pilot.press("R")
    await wait_for_workers(pilot.app)
    await pilot.pause()
    await pilot.pause()


async def test_a_stopped_run_is_resumed_and_seen(
    tmp_path: Path, spawned: list[tuple[Claim, Recipe, tuple[str, ...]]]
) -> None:
    run = scripted.run_dir(tmp_path / "runs", STOPPED)
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert " R resume " in screen(pilot)
        await resume(pilot)
        [(claim, recipe, options)] = spawned
        assert (claim.run, recipe.epochs, options) == (run, 4, ())
        assert "● starting" in screen(pilot)
        assert " R resume " not in screen(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert "What should it do?" in words(pilot), "as the viewer that started it"
        os.close(claim.lock)


async def test_a_run_is_resumed_with_the_setting_that_it_needs(
    tmp_path: Path, spawned: list[tuple[Claim, Recipe, tuple[str, ...]]]
) -> None:
    failed = events.RunEnded("failed", error="40 of 90 cannot be read.", setting="broken=skip")
    run = scripted.run_dir(tmp_path / "runs", [events.Phase("loading"), failed])
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await resume(pilot)
        assert spawned[0][1].broken == "skip"
        os.close(spawned[0][0].lock)


async def test_a_run_that_is_done_asks_for_more_epochs(
    tmp_path: Path, spawned: list[tuple[Claim, Recipe, tuple[str, ...]]]
) -> None:
    run = scripted.run_dir(tmp_path / "runs", DONE)
    (run.checkpoints / "last.pt").touch()
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await resume(pilot)
        assert isinstance(pilot.app.screen, EpochsDialog)
        assert "Done after 3 epochs. To how many in all shall it train?" in words(pilot)
        for written, answer in (("3", "give 4 or more"), ("many", "is a whole number")):
            pilot.app.screen.query_one(Input).value = written
            await pilot.press("enter")
            await pilot.pause()
            assert answer in words(pilot)
        assert spawned == []
        pilot.app.screen.query_one(Input).value = "6"
        await pilot.press("enter")
        await wait_for_workers(pilot.app)
        [(claim, recipe, options)] = spawned
        assert (recipe.epochs, options) == (6, ("--epochs", "6"))
        os.close(claim.lock)


async def test_escape_resumes_nothing(
    tmp_path: Path, spawned: list[tuple[Claim, Recipe, tuple[str, ...]]]
) -> None:
    run = scripted.run_dir(tmp_path / "runs", DONE)
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await resume(pilot)
        await pilot.press("escape")
        await wait_for_workers(pilot.app)
        assert spawned == []


def watched_run(folder: Path) -> CnnTui:
    said: list[Event] = [watched_runs.started(), events.RunEnded("stopped")]
    run = watched_runs.write_run(folder, said)
    return app_of(run)


def log(folder: Path) -> CnnTui:
    reader = scripted_logs.ScriptedReader()
    reader.tell([scripted_logs.started(), scripted_logs.step(1)])
    return CnnTui(folder, watch=lambda: LogFollower(reader, folder))


REFUSED: dict[str, tuple[Callable[[Path], CnnTui], str]] = {
    "a script": (watched_run, "start train.py again."),
    "a log": (log, "it is only read, and takes no commands."),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_the_engine_cannot_train_is_refused_in_a_sentence(
    tmp_path: Path, spawned: list[tuple[Claim, Recipe, tuple[str, ...]]], what: str
) -> None:
    app, why = REFUSED[what]
    async with app(tmp_path).run_test(size=(120, 40)) as pilot:
        await resume(pilot)
        assert why in notes(pilot)[-1]
        assert " R resume " not in screen(pilot)
        assert "resume" not in {one.action for one in Actions(pilot.app.screen).actions()}
        assert spawned == []


async def test_a_live_run_is_not_resumed(
    tmp_path: Path, spawned: list[tuple[Claim, Recipe, tuple[str, ...]]]
) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await resume(pilot)
        assert notes(pilot) == ["the run is live already: resume it once it has ended"]
        assert spawned == []
    os.close(lock)
