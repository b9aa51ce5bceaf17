"""A log of another program is followed in slices; only when it last grew is known of its end."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.errors import RunError
from engine.logs.log_reader import LogNews
from engine.protocol import events
from engine.run.fold import MOST_SCALARS
from tests.scripted import START, Clock
from tests.scripted_logs import ScriptedReader, started, step
from tui.app import CnnTui
from tui.cli import single_frame
from tui.drawing import cells
from tui.drawing.status_rows import status_row
from tui.screens.dashboard import Dashboard
from tui.terminal.plain_screen import screen_text
from tui.viewer import viewer_text
from tui.viewer.journal_folding import HistoryUpdate
from tui.viewer.log_follower import GLIMPSE_SECONDS, QUIET_SECONDS, LogFollower

NOTHING: frozenset[type[events.Event]] = frozenset()


def follow(reader: ScriptedReader, clock: Clock) -> LogFollower:
    return LogFollower(reader, Path("logs/mine"), clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader() -> ScriptedReader:
    return ScriptedReader()


def test_a_long_log_is_shown_at_once_and_then_now_and_then_until_all_is_read(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    reader.tell([started(), step(1)], more=True)
    reader.read_share = 0.2
    assert log.update() == HistoryUpdate(None, more=True), "the first curves come early"
    assert (log.history.step, log.history.read_share) == (1, 0.2)

    for number in (2, 3):
        reader.tell([step(number)], more=True)
        assert log.update() == HistoryUpdate(NOTHING, more=True), "not every slice is drawn"
    clock.now += GLIMPSE_SECONDS
    reader.tell([events.Alert("info", "x", "x")], more=True)
    reader.read_share = 1.0
    assert log.update() == HistoryUpdate(frozenset({events.Steps, events.Alert}), more=True)
    assert log.history.read_share < 1.0, "more is to come"

    clock.now += GLIMPSE_SECONDS
    reader.tell([step(4)], more=True)
    assert log.update() == HistoryUpdate(NOTHING, more=True), "the more is known, the more seldom"

    reader.tell([step(4)])
    assert log.update() == HistoryUpdate(None, more=False), "what needs the whole log is shown"
    assert (log.history.step, log.history.read_share) == (4, 1.0)


def test_glimpses_come_ever_more_rarely_and_the_first_one_has_something_to_show(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    began, drawn = clock.now, []
    reader.tell([], more=True)
    assert log.update() == HistoryUpdate(NOTHING, more=True)
    reader.tell([started()], more=True)
    for number in range(1, 40):
        if log.update().kinds != NOTHING:
            drawn.append(clock.now - began)
        clock.now += GLIMPSE_SECONDS / 2
        reader.tell([step(number)], more=True)
    assert drawn == [0.0, 0.5, 1.5, 3.5, 7.5]


def test_the_last_slice_is_shown_even_right_after_another(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    reader.tell([started(), step(1)], more=True)
    log.update()
    reader.tell([step(2)])
    assert log.update() == HistoryUpdate(None, more=False)


def test_growth_names_what_is_new_and_the_log_stays_whole(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    reader.tell([started(), step(1)])
    log.update()
    assert log.update() == HistoryUpdate(NOTHING, more=False)
    reader.tell([step(2)], more=True)
    clock.now += GLIMPSE_SECONDS
    assert log.update() == HistoryUpdate(frozenset({events.Steps}), more=True)
    assert log.history.read_share == 1.0


def test_a_log_that_is_read_anew_forgets_what_it_was(reader: ScriptedReader, clock: Clock) -> None:
    log = follow(reader, clock)
    reader.tell([started(), *map(step, range(1, 9))])
    log.update()
    before = log.history
    reader.tell([started(), step(3)], anew=True)
    assert log.update() == HistoryUpdate(None, more=False)
    assert log.history is not before
    assert (log.history.step, log.history.read_share) == (3, 1.0)


def test_anew_and_more_is_whole_only_in_the_end(reader: ScriptedReader, clock: Clock) -> None:
    log = follow(reader, clock)
    reader.tell([started(), step(1)])
    log.update()
    reader.tell([], anew=True, more=True)
    assert log.update() == HistoryUpdate(NOTHING, more=True), "what was drawn stays for a while"
    assert log.history.read_share < 1.0
    reader.tell([started(), step(1)])
    assert log.update() == HistoryUpdate(None, more=False)
    assert log.history.read_share == 1.0


def test_damage_is_told_in_the_log_and_the_rest_is_read(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    torn = events.Alert("warning", "log", "events.out: a record at byte 812 is damaged.")
    reader.tell([started(), step(1), torn, step(2)])
    log.update()
    assert torn in log.history.log
    assert log.history.step == 2


def test_a_log_that_cannot_be_read_is_told_once_until_it_can_be_again(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    reader.tell([started(), step(1)])
    log.update()
    gone = RunError("the log is gone: look for it.")
    reader.news += [gone, gone, LogNews([]), gone]
    for _ in range(4):
        log.update()
    told = [entry.text for entry in log.history.log if isinstance(entry, events.Alert)]
    assert told == [str(gone)] * 2
    assert log.history.step == 1


def test_a_log_with_more_numbers_than_curves_says_so_once_each_time_it_is_read(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    many = {f"n{i}": 1.0 for i in range(MOST_SCALARS)}
    rows: list[events.Event] = [started(), events.Steps(1, scalars=many, step=1)]
    reader.tell(rows)
    log.update()
    reader.tell([events.Steps(1, scalars=many, step=3)])
    log.update()
    reader.tell(rows, anew=True)
    log.update()
    (told,) = (entry for entry in log.history.log if isinstance(entry, events.Alert))
    assert told.text == viewer_text.more_scalars(MOST_SCALARS)


def test_a_log_without_numbers_says_so_once(reader: ScriptedReader, clock: Clock) -> None:
    log = follow(reader, clock)
    reader.tell([], more=True)
    log.update()
    assert not log.history.log
    for _ in range(3):
        log.update()
    (told,) = (entry for entry in log.history.log if isinstance(entry, events.Alert))
    assert (told.text, told.time) == (viewer_text.NO_NUMBERS_YET, clock.now)
    reader.tell([started(), step(1)])
    log.update()
    log.update()
    assert sum(isinstance(entry, events.Alert) for entry in log.history.log) == 1


@pytest.mark.parametrize(
    ("age", "silence", "liveness"),
    [
        (1, "", "live"),
        (QUIET_SECONDS - 1, "", "live"),
        (QUIET_SECONDS, "quiet 30 s", "silent"),
        (51, "quiet 50 s", "silent"),
        (7_300, "quiet 2 h", "silent"),
        (7 * 86_400, "quiet 7 d", "silent"),
    ],
)
def test_a_log_that_grew_is_quiet_after_a_while_and_never_dead(
    reader: ScriptedReader, clock: Clock, age: float, silence: str, liveness: str
) -> None:
    log = follow(reader, clock)
    reader.tell([started(), step(1)])
    log.update()
    reader.written_at += 1
    log.update()
    clock.now += 1 + age
    log.update()
    assert (log.silence(clock.now), log.liveness) == (silence, liveness)
    assert log.history.ended is None
    row = cells.text(status_row(log.history, 80, clock.now, silence=log.silence(clock.now)))
    assert (silence or "● live") in row


@pytest.mark.parametrize(("age", "silence"), [(1, "quiet <10 s"), (12, "quiet 10 s")])
def test_a_log_that_nobody_saw_grow_is_quiet_however_new_it_is(
    reader: ScriptedReader, clock: Clock, age: float, silence: str
) -> None:
    """Its program may have ended a moment ago."""
    log = follow(reader, clock)
    reader.tell([started(), step(1)], more=True)
    clock.now = reader.written_at + age
    log.update()
    reader.written_at += 1  # a newer file of the same log
    reader.tell([step(2)])
    log.update()
    assert (log.silence(clock.now), log.liveness) == (silence, "silent")


def test_growth_that_was_seen_counts_where_the_file_server_has_another_clock(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    reader.tell([started(), step(1)])
    reader.written_at = clock.now - 5_000
    log.update()
    assert log.silence(clock.now) == "quiet 1 h"
    reader.written_at += 1
    log.update()
    assert log.silence(clock.now) == ""


def test_the_state_is_drawn_again_when_the_log_falls_quiet_and_each_minute_then(
    reader: ScriptedReader, clock: Clock
) -> None:
    log = follow(reader, clock)
    reader.tell([started(), step(1)])
    log.update()
    drawn = 0
    for _ in range(150 // 5):
        clock.now += 5
        drawn += log.update().kinds is None
    assert drawn == 5 + 2  # 10, 20, 30, 40 and 50 s, 1 and 2 min


def app_of(reader: ScriptedReader, clock: Clock) -> CnnTui:
    return CnnTui(Path(), watch=partial(follow, reader, clock), clock=clock)


async def test_keys_that_would_command_say_that_a_log_is_only_read(
    reader: ScriptedReader, clock: Clock
) -> None:
    reader.tell([started(), *map(step, range(1, 30))])
    app = app_of(reader, clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        footer = screen_text(app).split("\n")[-1]
        assert not any(word in footer for word in ("pause", "checkpoint", "steer", "detach"))
        for key in ("p", "c", "s", "a"):
            app.clear_notifications()
            await pilot.press(key)
            await pilot.pause()
            assert [note.message for note in app._notifications] == [viewer_text.ONLY_READ], key
            assert isinstance(app.screen, Dashboard)


async def test_that_a_log_falls_quiet_is_no_note(reader: ScriptedReader, clock: Clock) -> None:
    reader.tell([started(), step(1)])
    app = app_of(reader, clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        clock.now += QUIET_SECONDS
        assert isinstance(app.screen, Dashboard)
        app.screen.read()
        await pilot.pause()
        assert "quiet 30 s" in screen_text(app)
        assert [note.message for note in app._notifications] == []


async def test_leaving_says_how_to_come_back(reader: ScriptedReader, clock: Clock) -> None:
    reader.tell([started(), step(1)])
    app = app_of(reader, clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        await pilot.press("q")
    assert app.return_value == "see TensorBoard · mine again with: cnn-tui attach logs/mine"


async def test_a_past_epoch_of_a_log_is_no_error(reader: ScriptedReader, clock: Clock) -> None:
    ends = [events.EpochEnded(epoch, 1.0, 0.5, 1.0, 0.5, step=10 * epoch) for epoch in (1, 2, 3)]
    reader.tell([started(), *map(step, range(1, 31)), *ends])
    app = app_of(reader, clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("comma")
        await press_and_wait(pilot)
        assert isinstance(app.screen, Dashboard)


async def press_and_wait(pilot: Pilot[str]) -> None:
    await pilot.press("comma")
    await pilot.pause()


def test_a_single_frame_waits_until_all_is_read(reader: ScriptedReader, clock: Clock) -> None:
    reader.tell([started(), step(1)], more=True)
    reader.tell([step(2)], more=True)
    reader.tell([step(3), events.EpochEnded(1, loss=0.5, top1=0.75, step=10, time=START + 10)])
    shown = single_frame.frame(follow(reader, clock))
    assert "75" in shown
