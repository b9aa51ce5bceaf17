"""The recorded run that ships with the program, played back by a clock that a test moves."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from engine.protocol import events
from engine.run import run_liveness, run_paths
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from tests import scripted
from tests.scripted import Clock
from tests.test_dashboard import notes, screen, settle
from tui.cli.demo import Demo
from tui.screens.dashboard import Dashboard
from tui.screens.verdicts import verdicts
from tui.viewer import recorded_run

SMALL = 300_000


def test_the_recording_is_small_and_whole() -> None:
    assert resources.files("tui.viewer").joinpath(recorded_run.RECORDING).stat().st_size < SMALL  # type: ignore
    said = recorded_run.recording()
    assert [event.seq for event in said] == list(range(1, len(said) + 1))
    kinds = {type(event) for event in said}
    assert kinds >= {events.LayerHealth, events.FeatureMaps, events.Confusion, events.Hardware}
    assert isinstance(said[-1], events.RunEnded)
    assert sum(isinstance(event, events.EpochEnded) for event in said) == 10


def test_nothing_is_told_of_where_it_was_recorded() -> None:
    [started] = [
        event for event in recorded_run.recording() if isinstance(event, events.RunStarted)
    ]
    assert started.recipe is not None
    assert (started.host, started.git, started.recipe.data_dir) == ("recorded", None, "")


def test_no_program_of_the_user_is_blamed_for_the_load_where_it_was_recorded() -> None:
    history = History()
    for event in recorded_run.recording():
        history.fold([event])
        assert "CPU shared" not in str(verdicts(history))


def test_each_event_comes_when_its_time_has_come(tmp_path: Path) -> None:
    said = [
        events.Phase("starting", time=100.0, seq=7),
        events.Phase("loading", time=100.5),
        events.Phase("training", time=200.0),
    ]
    clock = Clock()
    run = run_paths.RunDir(tmp_path)
    replay = recorded_run.RecordedRun(run, said, clock)
    came = []
    for seconds in (0.0, 0.4, 0.2, recorded_run.LONGEST_GAP):
        clock.now += seconds
        replay.feed()
        written = [e for batch in JournalReader(run.journal).slices() for e in batch.events]
        came.append([(event.seq, round(event.time - clock.now, 2)) for event in written])
        assert run_liveness.is_live(run) == (len(written) < 3)
    assert came == [
        [(1, 0.0)],
        [(1, -0.4)],
        [(1, -0.6), (2, -0.1)],
        [(1, -1.4), (2, -0.9), (3, -0.1)],
    ]
    replay.feed()
    assert replay.over


def test_it_can_be_held_and_goes_on_where_it_was(tmp_path: Path) -> None:
    said: list[events.Event] = [
        events.Phase("loading", time=100.0),
        events.Phase("training", time=100.3, step=0),
        replace(scripted.steps(7), time=100.4),
        events.Phase("evaluating", time=100.8, step=22),
    ]
    clock = Clock()
    run = run_paths.RunDir(tmp_path)
    replay = recorded_run.RecordedRun(run, said, clock)
    over = []
    clock.now += 0.5
    replay.feed()
    replay.toggle_pause()
    for seconds, again in ((60.0, True), (0.2, False), (0.2, False)):
        clock.now += seconds
        replay.feed()
        over.append(replay.over)
        if again:
            replay.toggle_pause()
    assert over == [False, False, True]
    written = [event for batch in JournalReader(run.journal).slices() for event in batch.events]
    assert [(event.name, event.step) for event in written if isinstance(event, events.Phase)] == [
        ("loading", 0),
        ("training", 0),
        ("paused", 7),
        ("training", 7),
        ("evaluating", 22),
    ]
    assert not replay.toggle_pause(), "what is over stands still by itself"
    times = [event.time for event in written]
    assert times == sorted(times)
    assert run_liveness.is_live(run) is False


async def played(pilot: Pilot[str], clock: Clock, seconds: float) -> None:
    app = pilot.app
    assert isinstance(app, Demo)
    clock.now += seconds
    app.replay.feed()
    await settle(pilot)


async def test_the_whole_of_it(tmp_path: Path) -> None:
    clock = Clock()
    app = Demo(tmp_path, clock=clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await played(pilot, clock, 12.0)
        assert "● training" in screen(pilot)
        assert "epoch 2/10" in screen(pilot)
        await played(pilot, clock, 600.0)
        assert "✓ done" in screen(pilot)
        assert not run_liveness.is_live(run_paths.RunDir(tmp_path / recorded_run.NAME))
        assert notes(pilot) == []
        await pilot.press("q")
    assert app.return_value is not None
    assert "that was a recording" in app.return_value


async def test_p_holds_it_and_the_help_says_so(tmp_path: Path) -> None:
    clock = Clock()
    async with Demo(tmp_path, clock=clock).run_test(size=(120, 40)) as pilot:
        await played(pilot, clock, 12.0)
        assert "p pause" in screen(pilot)
        await pilot.press("p")
        await played(pilot, clock, 600.0)
        assert "‖ paused" in screen(pilot)
        assert "p continue" in screen(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        assert "hold it, and go on" in screen(pilot)
        assert "detach" not in screen(pilot)
        await pilot.press("escape", "p")
        await played(pilot, clock, 600.0)
        assert "✓ done" in screen(pilot)
        assert notes(pilot) == []
        await pilot.press("p")
        await pilot.pause()
        assert notes(pilot) == ["This is a recording: it has no engine."]


async def test_p_at_the_end_is_answered_before_the_end_was_read(tmp_path: Path) -> None:
    clock = Clock()
    app = Demo(tmp_path, clock=clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await played(pilot, clock, 12.0)
        clock.now += 600.0
        app.replay.feed()
        dashboard = app.screen
        assert isinstance(dashboard, Dashboard)
        dashboard.action_pause()
        await pilot.pause()
        assert notes(pilot) == ["This is a recording: it has no engine."]


@pytest.mark.parametrize("key", ["c", "s", "a", "y"])
async def test_what_needs_an_engine_says_that_there_is_none(tmp_path: Path, key: str) -> None:
    clock = Clock()
    async with Demo(tmp_path, clock=clock).run_test(size=(120, 40)) as pilot:
        await played(pilot, clock, 12.0)
        await pilot.press(key)
        assert notes(pilot) == ["This is a recording: it has no engine."]
        assert "c checkpoint" not in screen(pilot)
        assert list((tmp_path / recorded_run.NAME / "commands").iterdir()) == []
