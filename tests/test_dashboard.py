"""The dashboard on a scripted journal, driven by keys, its clock standing still."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from textual._xterm_parser import XTermParser
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from engine.protocol import commands, events
from engine.protocol.commands import Command, InspectionRequest
from engine.protocol.events import Event, Health
from engine.run import engine_log, lock_owner, run_creation, run_lock, spool
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import processes, scripted
from tests.drawing import examples
from tests.idle import wait_for_workers
from tests.scripted import Clock
from tui.app import CnnTui
from tui.drawing.cells import Row
from tui.panes.base.pane import Pane
from tui.screens import following_screen, screen_text
from tui.screens.dashboard import Dashboard
from tui.terminal.compositor import FineUpdate
from tui.viewer.inspection_requests import InspectionRequests
from tui.viewer.journal_folding import HistoryUpdate
from tui.viewer.run_follower import RunFollower
from tui.widgets.palette import Actions
from tui.widgets.strips import Footer

P = TypeVar("P", bound=Pane)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    """A run in its third epoch, whose lock is held as an engine would."""
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def app_of(run: RunDir, *, started: bool = False) -> CnnTui:
    return CnnTui(run.path.parent, watch=partial(RunFollower, run), started=started, clock=Clock())


def screen(pilot: Pilot[str]) -> str:
    """What stands on the terminal, as text."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def rows(widget: Widget) -> list[Strip]:
    """What a widget draws, line by line."""
    return [widget.render_line(y) for y in range(widget.size.height)]


def pane(pilot: Pilot[str], kind: type[P]) -> P:
    """The dashboard's pane of this kind."""
    dashboard = pilot.app.screen
    assert isinstance(dashboard, Dashboard)
    return dashboard.query_one(kind)


def notes(pilot: Pilot[str]) -> list[str]:
    """What was said in passing."""
    return [note.message for note in pilot.app._notifications]


def shown(pilot: Pilot[str]) -> list[str]:
    """The panes that really stand on the screen, in order of their numbers."""
    on_screen = pilot.app.screen._compositor.visible_widgets
    return [name for name in PANES if pilot.app.screen.get_child_by_id(name) in on_screen]


PANES = ("loss", "accuracy", "rate", "layers", "confusion", "maps", "machine", "suspects", "log")


def told(run: RunDir) -> list[Command]:
    owner = lock_owner.read_owner(run)
    assert owner is not None
    return spool.Spool(run, owner.attempt, lambda file, why: None).take()


def send(pilot: Pilot[str], characters: str) -> None:
    """Send what a terminal sends: a pilot only knows the keys of an English keyboard."""
    driver = pilot.app._driver
    assert driver is not None
    for event in XTermParser().feed(characters):
        driver.send_message(event)


async def typed(pilot: Pilot[str], characters: str) -> None:
    send(pilot, characters)
    await pilot.pause()


async def settle(pilot: Pilot[str]) -> None:
    """Let the dashboard read all that was appended, however slow the machine is, and draw it."""
    dashboard = pilot.app.screen
    assert isinstance(dashboard, Dashboard)
    while dashboard.read():
        pass
    await pilot.pause()


@pytest.mark.parametrize(
    ("size", "panes"),
    [
        ((200, 60), (*PANES[:-2], "log")),
        ((120, 40), PANES[:-2]),
        ((80, 24), ("loss", "accuracy", "confusion")),
        ((70, 15), ("loss",)),
        ((40, 12), ("loss",)),
        ((20, 8), ("loss",)),
        ((20, 7), ()),
        ((20, 5), ()),
        ((1, 1), ()),
    ],
)
async def test_every_size_shows_what_fits(
    live: RunDir, size: tuple[int, int], panes: tuple[str, ...]
) -> None:
    async with app_of(live).run_test(size=size) as pilot:
        await pilot.pause()
        assert sorted(shown(pilot)) == sorted(panes)
        assert len(screen(pilot).splitlines()) == size[1]


async def test_a_very_small_terminal_has_the_loss_as_a_curve_or_at_least_as_a_row(
    live: RunDir,
) -> None:
    async with app_of(live).run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert "╭─ 1 Loss" in screen(pilot)
        assert any(sign in screen(pilot) for sign in "⠤⠒⢄⡠⣀")
        await pilot.resize_terminal(20, 7)
        await pilot.pause()
        assert "\n last 60 s ▆▆▃▂│ now" in screen(pilot)


async def test_every_key_of_a_pane_works_at_any_size(live: RunDir) -> None:
    async with app_of(live).run_test(size=(20, 5)) as pilot:
        for size in ((20, 5), (20, 6), (25, 9), (40, 12), (59, 40), (60, 13), (300, 5)):
            await pilot.resize_terminal(*size)
            for key in "12345678":
                await pilot.press(key, "down", "right", "z", "up", "z")
                assert len(shown(pilot)) == 1, "a pane that is chosen is seen"
            assert "? help" in screen(pilot)


async def test_the_numbers_of_the_run_are_on_the_screen(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = screen(pilot)
        for words in (
            "1 lenet5-digits",
            "● training",
            "epoch 3/4",
            "val 90.0",
            "best 90.0 @2",
            "6,582 parameters",
            "row = true, %   epoch 2",
        ):
            assert words in text, words


async def test_new_events_appear_and_only_what_changed_is_refreshed(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        journal = Journal(live.journal)
        layers = pilot.app.screen.get_child_by_id("layers")
        refreshed = []
        layers.refresh = lambda *regions, **options: refreshed.append(regions)  # type: ignore
        journal.append(scripted.steps(26, loss=0.1234))
        await settle(pilot)
        assert "now 0.123" in screen(pilot)
        assert refreshed == []


async def test_a_run_that_starts_is_seen_before_the_next_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_screen, "TICK_SECONDS", processes.TIMEOUT)
    run, lock = run_creation.create(tmp_path / "runs", "lenet5-digits", "")
    app = CnnTui(tmp_path / "runs", watch=partial(RunFollower, run), started=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "○ starting" in screen(pilot)
        scripted.write(run, scripted.half_a_run())
        while "● training" not in screen(pilot):
            await asyncio.sleep(0.01)
    os.close(lock)


async def test_a_nan_is_shown_as_such(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        journal = Journal(live.journal)
        for step in range(26, 29):
            journal.append(events.Steps(3, None, 0.1, 0.05, None, step=step))
        await settle(pilot)
        assert "now nan" in screen(pilot)


async def test_digits_tab_and_zoom_move(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        assert shown(pilot) == ["loss", "accuracy", "layers"]
        await pilot.press("tab")
        assert shown(pilot) == ["loss", "accuracy", "confusion"]
        await pilot.press("shift+tab", "enter")
        assert shown(pilot) == ["layers"]
        await pilot.press("escape")
        assert shown(pilot) == ["loss", "accuracy", "layers"]
        await pilot.press("1")
        assert shown(pilot) == ["loss", "accuracy", "layers"], "the shelf stays as it was"


async def test_the_log_is_a_key_away_at_120_columns(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("0")
        assert shown(pilot) == ["log"]
        await pilot.press("enter")
        assert "log" not in shown(pilot)


async def test_p_pauses_and_goes_on(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("p")
        assert "pausing" in screen(pilot), "the answer is on the screen at once"
        assert [type(c) for c in told(live)] == [commands.Pause]
        journal = Journal(live.journal)
        journal.append(events.Phase("paused", step=25))
        await settle(pilot)
        assert "‖ paused" in screen(pilot)
        assert "p continue" in screen(pilot)
        await pilot.press("p")
        assert [type(c) for c in told(live)] == [commands.Continue]


async def test_a_key_pressed_before_the_journal_was_read_is_answered_all_the_same(
    live: RunDir,
) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        Journal(live.journal, Clock()).append(events.Phase("training", step=25))
        dashboard.action_pause()
        await settle(pilot)
        assert "pausing" in screen(pilot)


async def test_c_asks_for_a_checkpoint(live: RunDir) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        assert [type(c) for c in told(live)] == [commands.Checkpoint]
        assert notes(pilot) == [screen_text.SAVING_CHECKPOINT]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_notes_cover_neither_the_newest_log_line_nor_the_keys(
    live: RunDir, size: tuple[int, int]
) -> None:
    async with app_of(live).run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        *_, news, keys = screen(pilot).split("\n")
        await pilot.press("c", "y")
        await pilot.pause()
        above, before_last, last = screen(pilot).rsplit("\n", 2)
        assert (before_last, last) == (news, keys)
        assert [note in row for note in notes(pilot) for row in above.split("\n")].count(True) == 2


@pytest.mark.parametrize("resumed", [False, True])
async def test_while_the_engine_loads_c_says_only_that_there_is_nothing_to_save(
    tmp_path: Path, resumed: bool
) -> None:
    before: list[Event] = scripted.half_a_run() if resumed else []
    run = scripted.run_dir(tmp_path / "runs", [*before, events.Phase("loading")])
    lock = run_lock.acquire(run)
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        assert told(run) == [], "the engine would refuse it with a second message"
        assert notes(pilot) == [screen_text.nothing_to_save("loading")]
    os.close(lock)


async def test_an_attached_viewer_leaves_at_once_and_says_how_to_come_back(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("q")
    assert app.return_value == (
        "1-lenet5-digits goes on training; come back with: cnn-tui attach 1"
    )
    assert told(live) == []


@pytest.mark.parametrize(
    ("keys", "said", "sent"),
    [
        (["enter"], "goes on training", []),
        (["down", "enter"], "saves and stops", [commands.Stop]),
        (["s"], "saves and stops", [commands.Stop]),
        (["escape", "d"], "goes on training", []),
        (["down", "down", "enter", "d"], "goes on training", []),
    ],
)
async def test_the_viewer_that_started_the_run_asks(
    live: RunDir, keys: list[str], said: str, sent: list[type[Command]]
) -> None:
    app = app_of(live, started=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("q", *keys)
    assert app.return_value is not None
    assert said in app.return_value
    assert [type(c) for c in told(live)] == sent


@pytest.mark.parametrize("asked", [True, False])
async def test_a_paused_run_that_is_left_stays_paused_and_says_how_to_go_on(
    live: RunDir, *, asked: bool
) -> None:
    Journal(live.journal, Clock()).append(events.Phase("paused", step=25))
    app = app_of(live, started=asked)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("q")
        if asked:
            assert "Stay paused, only leave" in screen(pilot)
            assert "Keep training" not in screen(pilot)
            await pilot.press("enter")
    assert app.return_value == (
        "1-lenet5-digits stays paused; let it go on with: cnn-tui continue 1"
    )
    assert told(live) == []


async def test_a_run_that_was_told_to_continue_goes_on_when_it_is_left(live: RunDir) -> None:
    journal = Journal(live.journal, Clock())
    app = app_of(live)
    async with app.run_test(size=(120, 40)) as pilot:
        journal.append(events.Phase("paused", step=25))
        await pilot.press("p", "d")
    assert [type(c) for c in told(live)] == [commands.Continue]
    assert "goes on training" in (app.return_value or "")


def ended_run(folder: Path, *said: Event) -> RunDir:
    """A run without an engine that began, and then said this."""
    return scripted.run_dir(folder / "runs", [*scripted.half_a_run(), *said])


STOPPED = events.RunEnded("stopped", 2, 0.9, step=25)


@pytest.mark.parametrize(
    ("end", "head", "entry"),
    [
        ([], "✗ failed", "✗ failed      the engine died; `cnn-tui resume 1` starts it again."),
        ([STOPPED], "· stopped", "· stopped     90.0 % at epoch 2"),
    ],
)
async def test_a_run_that_is_over_says_why_and_how_to_go_on(
    tmp_path: Path, end: list[Event], head: str, entry: str
) -> None:
    app = app_of(ended_run(tmp_path, *end), started=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("0", "z")
        shown = screen(pilot).splitlines()
        assert head in shown[0]
        assert entry in shown[4], "it is the newest entry of the log"
        assert shown[-2].endswith("  go on with: cnn-tui resume 1 ")
        for key in "pcs":
            await pilot.press(key)
            said = "1-lenet5-digits is not running. Go on with: cnn-tui resume 1"
            assert notes(pilot)[-1] == said
        await pilot.press("e")
        assert "The run is over" in screen(pilot)


async def test_the_machine_of_a_run_that_is_over_is_that_of_its_end(
    live: RunDir, tmp_path: Path
) -> None:
    said = "as it was at the end"
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.press("7")
        assert said not in screen(pilot)
        Journal(live.journal).append(STOPPED)
        await settle(pilot)
        assert said in screen(pilot)
    async with app_of(ended_run(tmp_path / "dead")).run_test(size=(80, 24)) as pilot:
        await pilot.press("7")
        assert said in screen(pilot)


@pytest.mark.parametrize(("waited", "head"), [(60.0, "● starting   epoch 3/4 "), (0.0, "● tra")])
async def test_a_resumed_run_starts_until_its_engine_says_something(
    live: RunDir, waited: float, head: str
) -> None:
    clock = Clock()
    clock.now += len(scripted.half_a_run()) + waited
    watch = partial(RunFollower, live, clock.now)
    app = CnnTui(live.path.parent, watch=watch, started=True, clock=clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert head in screen(pilot).splitlines()[0]
        Journal(live.journal).append(events.Phase("training", step=25))
        await settle(pilot)
        assert "● training   epoch 3/4" in screen(pilot).splitlines()[0]


async def test_the_command_to_go_on_is_in_the_palette(tmp_path: Path) -> None:
    app = app_of(ended_run(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        go_on = next(a for a in Actions(app.screen).actions() if a.action == "copy_resume")
        await app.run_action(go_on.action, go_on.node)
        assert app.clipboard == "cnn-tui resume 1"


async def test_a_run_that_goes_on_is_not_to_be_gone_on_with(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "go on with" not in screen(pilot)
        assert "copy_resume" not in {a.action for a in Actions(app.screen).actions()}


async def test_nor_is_one_that_is_stopped_and_that_an_engine_holds(live: RunDir) -> None:
    scripted.write(live, [STOPPED], Clock(time.time()))
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "· stopped" in screen(pilot)
        assert "go on with" not in screen(pilot)
        assert "copy_resume" not in {a.action for a in Actions(pilot.app.screen).actions()}


async def test_a_run_that_is_done_is_not_to_be_gone_on_with(tmp_path: Path) -> None:
    run = ended_run(tmp_path, events.RunEnded("done", 2, 0.9, step=40))
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "go on with" not in screen(pilot)


async def test_the_images_of_an_ended_run_come_from_a_process_that_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[InspectionRequest] = []
    monkeypatch.setattr(InspectionRequests, "ask", lambda self, request: asked.append(request))
    run = ended_run(tmp_path, events.RunEnded("done", 2, 0.9, step=40))
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await pilot.pause()
        assert "a process starts that reads the images" in screen(pilot)
    assert asked == [InspectionRequest("augmented")]


async def test_the_palette_of_an_ended_run_offers_a_report_and_nothing_for_an_engine(
    tmp_path: Path,
) -> None:
    app = app_of(ended_run(tmp_path, events.RunEnded("done", 2, 0.9, step=40)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        actions = {a.action: a for a in Actions(app.screen).actions()}
        assert not {"pause", "checkpoint", "steer", "detach"} & {*actions}
        await app.run_action("copy_report", actions["copy_report"].node)
        assert app.clipboard == "cnn-tui report 1"


async def test_the_palette_of_a_live_run_offers_no_report(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        offered = {a.action for a in Actions(pilot.app.screen).actions()}
        assert {"pause", "checkpoint", "steer", "detach"} <= offered
        assert "copy_report" not in offered


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 14)])
async def test_a_run_that_never_began_shows_nothing_but_why(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    why = "CIFAR-10 cannot be downloaded from https://example.org/cifar.tar.gz (no route to host): "
    why += "start again to go on with it, or give --data-dir the folder that has it, the end."
    failed = events.RunEnded("failed", error=why)
    run = scripted.run_dir(tmp_path / "runs", [events.Phase("downloading"), failed])
    async with app_of(run).run_test(size=size) as pilot:
        await pilot.pause()
        assert shown(pilot) == ["log"]
        words = " ".join(screen(pilot).replace("│", " ").split())
        assert why in words


async def test_a_failed_run_is_resumed_with_the_setting_that_it_needs(tmp_path: Path) -> None:
    why = "40 of 90 images in /data cannot be read: leave them out with --set broken=skip."
    failed = events.RunEnded("failed", error=why, setting="broken=skip")
    run = scripted.run_dir(tmp_path / "runs", [events.Phase("loading"), failed], "17-lenet5-pets")
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "go on with: cnn-tui resume 17 --set broken=skip" in screen(pilot)


@pytest.mark.parametrize(
    ("keys", "panes"),
    [([], ["loss", "accuracy", "confusion"]), (["3", "0"], ["log"]), (["z"], [*PANES[:2], "log"])],
)
async def test_one_that_is_resumed_and_begins_shows_all_again_unless_another_pane_was_chosen(
    tmp_path: Path, keys: list[str], panes: list[str]
) -> None:
    failed = events.RunEnded("failed", error="no data")
    run = scripted.run_dir(tmp_path / "runs", [events.Phase("downloading"), failed])
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        lock = run_lock.acquire(run)
        await settle(pilot)
        os.close(lock)
        await settle(pilot)
        assert shown(pilot) == ["log"], "it died at once"
        lock = run_lock.acquire(run)
        scripted.write(run, [events.Phase("starting"), scripted.started()])
        await settle(pilot)
        await pilot.pause()
        assert shown(pilot) == panes
    os.close(lock)


async def test_the_good_end_of_a_run_that_had_died_is_no_death(tmp_path: Path) -> None:
    run = ended_run(tmp_path)
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "✗ failed" in screen(pilot)
        lock = run_lock.acquire(run)
        await settle(pilot)
        assert "● starting" in screen(pilot)
        done = events.RunEnded("done", step=40)
        scripted.write(run, [events.Phase("training", step=25), done], Clock(time.time()))
        os.close(lock)
        await settle(pilot)
        assert "✓ done" in screen(pilot)
        assert notes(pilot) == []


@pytest.mark.parametrize("signalled", [False, True])
async def test_the_last_words_of_a_dead_engine_are_shown_in_the_news_and_explained(
    tmp_path: Path, signalled: bool
) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    run.log.write_text("Traceback …\nRuntimeError: \x1b[31mboom\n\n")
    if signalled:
        engine_log.add_signal(run, 9)
    words = "killed by signal 9" if signalled else "RuntimeError: \\x1b[31mboom"
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert notes(pilot) == [], "a note would hide the news"
        assert words in screen(pilot).splitlines()[-2]
        await pilot.press("e")
        assert words in screen(pilot)


async def test_an_ended_run_draws_nothing_more(tmp_path: Path) -> None:
    said = [*scripted.half_a_run(), events.RunEnded("done", 2, 0.9, seconds=60.0, step=40)]
    run = scripted.run_dir(tmp_path / "runs", said)
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "✓ done" in screen(pilot)
        before = screen(pilot)
        Journal(run.journal).append(events.Hardware(2, 0.9, 0.9, 1, 2, 3, 4))
        await settle(pilot)
        assert screen(pilot) == before


async def test_a_journal_that_is_not_there_yet_waits(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs")
    lock = run_lock.acquire(run)
    run.journal.unlink()
    async with app_of(run).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        scripted.write(run, scripted.half_a_run())
        await settle(pilot)
        assert "o val 0.450" in screen(pilot)
    os.close(lock)


async def test_where_no_pane_is_seen_none_has_keys(live: RunDir) -> None:
    async with app_of(live).run_test(size=(100, 7)) as pilot:
        await pilot.pause()
        assert "cursor" not in screen(pilot)
        await pilot.press("z")
        assert "cursor" in screen(pilot)


@pytest.mark.parametrize("key", ["z", "5", "0"])
async def test_nothing_is_zoomed_where_no_pane_fits(live: RunDir, key: str) -> None:
    async with app_of(live).run_test(size=(100, 4)) as pilot:
        await pilot.press(key)
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert len(shown(pilot)) > 1


async def test_help_opens_and_closes(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert "detach" in screen(pilot)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Dashboard)


async def test_ascii_draws_nothing_else(live: RunDir) -> None:
    app = CnnTui(live.path.parent, watch=partial(RunFollower, live), ascii_only=True, clock=Clock())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert screen(pilot).isascii()


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (70, 15), (30, 8)])
async def test_incremental_drawing_is_the_same_as_a_full_one(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run()[:6])
    lock = run_lock.acquire(run)
    async with app_of(run).run_test(size=size) as pilot:
        await pilot.pause()
        journal = Journal(run.journal, Clock())
        for event in scripted.half_a_run()[6:]:
            journal.append(event)
            await settle(pilot)
        # Steps alone may wait for a new column of the curves; a new phase draws all.
        journal.append(events.Phase("training", step=scripted.half_a_run()[-1].step))
        await settle(pilot)
        grown = screen(pilot)
    async with app_of(run).run_test(size=size) as pilot:
        await pilot.pause()
        assert screen(pilot) == grown
    os.close(lock)


@pytest.mark.parametrize(
    ("size", "row"),
    [((120, 40), 2), ((80, 24), 2), ((60, 20), 2), ((70, 15), None), ((30, 8), None)],
)
async def test_a_verdict_stands_under_the_header_where_there_is_room(
    live: RunDir, size: tuple[int, int], row: int | None
) -> None:
    async with app_of(live).run_test(size=size) as pilot:
        Journal(live.journal).append(events.LayerHealth((Health("fc", 1.0, 1e-3, 0.0, 1.0),)))
        await settle(pilot)
        lines = screen(pilot).splitlines()
        found = [at for at, line in enumerate(lines) if "1 of 1 layers healthy" in line]
        assert found == ([] if row is None else [row])
        await pilot.press("e")
        said = " ".join(screen(pilot).split())
        assert ("The line under the header says" in said) == (row is not None)


@pytest.mark.parametrize("keys", [["e"], ["ｅ"]])
async def test_e_explains_the_pane_as_it_is_now(live: RunDir, keys: list[str]) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("2", *keys)
        assert "Accuracy is the share of images for which the right class" in screen(pilot)
        assert " Esc back " in screen(pilot)
        await pilot.press("escape", "5", *keys)
        assert "Most often 0 is taken for" in screen(pilot)
        await pilot.press(*keys)
        assert isinstance(pilot.app.screen, Dashboard)


@pytest.mark.parametrize("key", ["7", "9", "0"])
async def test_e_right_behind_the_key_of_a_pane_explains_what_it_shows(
    live: RunDir, key: str
) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        dashboard, drawn = pilot.app.screen, screen(pilot)
        await pilot.press("e")
        explained = screen(pilot)
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        dashboard = pilot.app.screen
        await typed(pilot, f"{key}e")
        await pilot.pause()
        assert screen(pilot) == explained
        strips = dashboard._compositor.render_strips()
        assert "\n".join(strip.text for strip in strips) == drawn, "also behind the dialog"


async def test_panes_behind_a_dialog_go_on_and_send_the_changes_alone(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        assert isinstance(dashboard, Dashboard)
        await pilot.press("e")
        await pilot.pause()
        updates: list[FineUpdate] = []
        app._display = lambda screen, update: updates.append(update)  # type: ignore[method-assign, assignment, arg-type]
        for right in (4, 5):  # the first may come with the first frame of the dialog
            updates.clear()
            Journal(live.journal).append(scripted.confusion(3, right=right))
            dashboard.read()
            await pilot.pause()
        sent = "".join(piece.strip.text for update in updates for piece in update.pieces)
        assert 0 < len(sent) < 120 * 40 / 8


async def test_y_copies_the_command_that_comes_back(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("y")
        assert app.clipboard == "cnn-tui attach 1"
        assert notes(pilot) == ["copied: cnn-tui attach 1"]


@pytest.mark.parametrize(("back", "on"), [(",", "."), ("[", "]"), ("，", "。"), ("【", "】")])
async def test_past_epochs_are_a_key_away(live: RunDir, back: str, on: str) -> None:
    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        await typed(pilot, back)
        assert "5 Confusion  epoch 1 (past)" in screen(pilot)
        assert "row = true, % ─╮" in screen(pilot), "which epoch it is is said once"
        journal = Journal(live.journal)
        journal.append(scripted.confusion(3, right=4))
        await settle(pilot)
        confusion = pilot.app.screen.get_child_by_id("confusion", Pane).history.confusion
        assert confusion is not None
        assert confusion.epoch == 1, "what is past stays"
        await typed(pilot, back)
        assert "epoch 1 (past)" in screen(pilot), "there is none before the first"
        await typed(pilot, on)
        assert "(past)" not in screen(pilot)
        assert "epoch 3 " in screen(pilot)


async def test_a_pane_of_a_past_epoch_says_which_epoch_it_shows(tmp_path: Path) -> None:
    """Maps are not recorded for every epoch: those of another epoch never pass for them."""
    said = scripted.half_a_run()
    maps = msgspec.structs.replace(examples.feature_maps(), layer="conv1", step=10)
    health = events.LayerHealth((events.Health("fc", 1.0, 0.1, 0.0, 1.0),), step=15)
    ended = [i for i, event in enumerate(said) if isinstance(event, events.EpochEnded)]
    said = [*said[: ended[0]], maps, *said[ended[0] : ended[1]], health, *said[ended[1] :]]
    later: list[Event] = [
        *(scripted.steps(step) for step in range(26, 31)),
        scripted.ended_epoch(3),
    ]
    run = scripted.run_dir(tmp_path / "runs", [*said, *later])
    lock = run_lock.acquire(run)
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.press("comma")
        drawn = screen(pilot)
        assert "5 Confusion  epoch 2 (past)" in drawn
        assert "6 Maps  epoch 1, the nearest before 2" in drawn
        assert "4 Layers  epoch 1.5, the nearest before 2" in drawn
        assert "7 Machine  now, not epoch 2" in drawn
        assert drawn.count("▲ epoch 2") == 3, "the cursor of the curves stands there"
        await pilot.press("escape")
        assert "1 Loss  now, not epoch 2" in screen(pilot)
        await pilot.press("6", "right")
        assert "only these maps of a past epoch" in notes(pilot)[0].lower()
        assert told(run) == [], "a network of the past cannot be inspected"
        await pilot.press("comma", "comma")
        assert "6 Maps  epoch 1 (past)" in screen(pilot)
        await pilot.press("4", "z")
        assert "4 Layers  nothing recorded up to epoch 1" in screen(pilot)
        await pilot.press("full_stop", "full_stop", "z")
        assert "(past)" not in screen(pilot)
        assert "nearest" not in screen(pilot)
        assert "now, not" not in screen(pilot)
    os.close(lock)


async def test_a_run_that_has_ended_has_no_now(tmp_path: Path) -> None:
    said = [*scripted.half_a_run(), events.RunEnded("stopped")]
    async with app_of(scripted.run_dir(tmp_path / "runs", said)).run_test(size=(120, 40)) as pilot:
        await pilot.press("7", "comma")
        assert "at the end, not epoch 1" in screen(pilot)
        assert not [line for line in screen(pilot).splitlines() if " now" in line]


async def test_a_past_epoch_before_the_first_is_none(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run()[:5])
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.press("5", ",", ".")
        assert "(past)" not in screen(pilot)


@pytest.mark.parametrize(
    ("key", "panes"), [("４", ["loss", "accuracy", "layers"]), ("６", ["loss", "accuracy", "maps"])]
)
async def test_full_width_digits_are_digits(live: RunDir, key: str, panes: list[str]) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        assert shown(pilot) == panes


@pytest.mark.parametrize("key", [":", "：", "\x10"])
async def test_the_palette_finds_an_action_by_its_words(live: RunDir, key: str) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await typed(pilot, key)
        await pilot.press(*"to the log")
        await wait_for_workers(pilot.app)
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert shown(pilot) == ["loss", "accuracy", "log"]


async def test_pasted_text_is_no_key(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await typed(pilot, "\x1b[200~q?dp\x1b[201~")
        assert isinstance(pilot.app.screen, Dashboard)
        assert pilot.app.is_running
    assert told(live) == []


@pytest.mark.parametrize("size", [(80, 24), (30, 8)])
@pytest.mark.parametrize("key", ["question_mark", "q", "e", ":"])
async def test_boxes_are_ascii_too(live: RunDir, key: str, size: tuple[int, int]) -> None:
    app = CnnTui(
        live.path.parent,
        watch=partial(RunFollower, live),
        started=True,
        ascii_only=True,
        clock=Clock(),
    )
    async with app.run_test(size=size) as pilot:
        await pilot.press(key)
        await wait_for_workers(pilot.app)
        await pilot.pause()
        assert not isinstance(app.screen, Dashboard)
        assert screen(pilot).isascii(), "".join(c for c in screen(pilot) if not c.isascii())


async def test_another_pane_at_the_same_place_changes_borders_and_keys_alone(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        updates: list[FineUpdate] = []
        app._display = lambda screen, update: updates.append(update)  # type: ignore[method-assign, assignment, arg-type]
        await pilot.press("4")
        assert "space fold" in screen(pilot)
        cells = sum(piece.strip.cell_length for update in updates for piece in update.pieces)
        assert 0 < cells < 120 * 40 / 2


async def test_a_note_is_shown_with_the_run(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    app = CnnTui(tmp_path, watch=partial(RunFollower, run), note="1-x is live")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "1-x is live" in notes(pilot)


async def test_the_keys_are_drawn_anew_only_when_they_or_the_width_changed(
    live: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    draw = Footer.draw

    def counted(footer: Footer, width: int, height: int) -> list[Row]:
        drawn.append(width)
        return draw(footer, width, height)

    async with app_of(live).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        monkeypatch.setattr(Footer, "draw", counted)
        scripted.write(live, [events.Phase("evaluating"), events.Phase("training", step=25)])
        await settle(pilot)
        assert drawn == []
        scripted.write(live, [events.Phase("paused", step=25)])
        await settle(pilot)
        assert drawn == [120]
        assert "p continue" in screen(pilot)
        await pilot.resize_terminal(110, 40)
        await settle(pilot)
        assert set(drawn) == {120, 110}


async def test_while_there_is_more_to_read_one_timer_waits(
    live: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick, or a key, that finds more must not begin a second row of readings."""
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        waiting: list[float] = []
        monkeypatch.setattr(dashboard, "set_timer", lambda seconds, then: waiting.append(seconds))
        more = HistoryUpdate(frozenset(), more=True)
        monkeypatch.setattr(dashboard.source, "update", lambda: more)
        dashboard.read()
        assert waiting == []
        dashboard.follow()
        assert len(waiting) == 1
