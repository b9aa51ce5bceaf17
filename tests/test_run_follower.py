"""A long journal is shown at once by an excerpt, and then folded while keys are answered."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.run import engine_log, journal_search, run_lock
from engine.run.journal import Journal
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import launch
from tests import scripted
from tui.cli import single_frame
from tui.drawing import cells
from tui.drawing.status_rows import status_row
from tui.screens.verdicts import verdicts
from tui.viewer import journal_folding
from tui.viewer.journal_folding import HistoryUpdate, JournalFolding
from tui.viewer.run_follower import JUST_SECONDS, RunFollower

STEPS = 20_000
STARTING, STOPPED = events.Phase("starting"), events.RunEnded("stopped", step=25)


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFollower:
    run = scripted.run_dir(tmp_path / "runs")
    scripted.write_many(run.journal, STEPS)
    monkeypatch.setattr(journal_folding, "LONG", 1 << 20)
    return RunFollower(run)


def folder(watched: RunFollower) -> RunDir:
    assert watched.run is not None
    return watched.run


def test_the_first_update_is_an_excerpt(long: RunFollower) -> None:
    assert long.update() == HistoryUpdate(None, more=True)
    assert long.history.run is not None
    assert long.history.step == STEPS - 1


def test_the_excerpt_is_shown_until_all_is_folded(
    long: RunFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_folding, "SLICE_SECONDS", 0.0)
    long.update()
    excerpt, slices, share = long.history, 0, 0.0
    while (update := long.update()).more:
        assert update.kinds == frozenset()
        assert long.history is excerpt
        slices += 1
        assert 0.0 <= share <= long.history.read_share < 1.0
        share = long.history.read_share
    assert slices > 2
    assert share > 0.5
    assert update.kinds is None
    assert long.history.read_share == 1.0
    bins = long.history.loss.bins()
    assert len(excerpt.loss.bins()) < len(bins)
    assert bins[0].step < 2 * long.history.loss.width


def best(watched: RunFollower) -> events.EpochEnded | None:
    return watched.history.best


def test_the_best_epoch_is_not_told_before_all_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_folding, "LONG", 0)
    monkeypatch.setattr(journal_folding, "SLICE_SECONDS", 0.0)
    watched = RunFollower(scripted.run_dir(tmp_path / "runs", scripted.half_a_run()))
    assert watched.update().more
    assert len(watched.history.epochs) == 2
    assert best(watched) is None
    row = cells.text(status_row(watched.history, 80, scripted.START))
    assert "… reading 0 % epoch 3/4" in " ".join(row.split())
    assert verdicts(watched.history) == []
    while watched.update().more:
        pass
    assert best(watched) is not None
    assert verdicts(watched.history) != []
    assert "reading" not in cells.text(status_row(watched.history, 80, scripted.START))


def test_a_single_frame_waits_until_all_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_folding, "LONG", 0)
    monkeypatch.setattr(journal_folding, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(journal_search, "END_BYTES", 1000)
    monkeypatch.setattr(journal_search, "HEAD_BYTES", 1000)
    waited: list[float] = []
    pause, fold_slice = Pilot.pause, JournalFolding.fold_slice

    async def waiting(pilot: Pilot[None], delay: float | None = None) -> None:
        waited.extend([] if delay is None else [delay])
        await pause(pilot, delay)

    def slow(folding: JournalFolding) -> HistoryUpdate:
        """The excerpt, and the rest as soon as the frame waits for it."""
        if folding.shows_excerpt and not waited:
            return HistoryUpdate(frozenset(), more=True)
        return fold_slice(folding)

    monkeypatch.setattr(Pilot, "pause", waiting)
    monkeypatch.setattr(JournalFolding, "fold_slice", slow)
    said = [*scripted.half_a_run(epochs=60), scripted.ended_epoch(3, 0.97)]
    said += [scripted.ended_epoch(epoch, 0.3, best=False) for epoch in range(4, 60)]
    shown = single_frame.frame(RunFollower(scripted.run_dir(tmp_path / "runs", said)))
    assert "reading" not in shown
    assert "◆ best 97.0 @3" in shown


def test_a_short_journal_is_read_at_once_and_what_follows_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_folding, "SLICE_SECONDS", 0.0)
    run = scripted.run_dir(tmp_path / "runs")
    scripted.write_many(run.journal, STEPS)
    short = RunFollower(run)
    update = short.update()
    assert not update.more
    assert update.kinds is None or update.kinds
    assert short.history.step == STEPS - 1
    scripted.write_many(run.journal, 2 * STEPS)
    assert short.update().more


def ends(watched: RunFollower) -> list[events.RunEnded]:
    """How the run has ended, as its log tells it, after an update."""
    watched.update()
    return [event for event in watched.history.log if isinstance(event, events.RunEnded)]


def test_an_engine_that_died_has_failed_until_another_one_says_something(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    run.log.write_text("words of an earlier engine\n")
    lock = run_lock.acquire(run)
    watched = RunFollower(run)
    assert ends(watched) == []
    with run.log.open("a") as log:
        log.write("Killed\n")
    os.close(lock)
    (died,) = ends(watched)
    assert (died.reason, died.step) == ("failed", 25)
    assert "Killed" in died.error == watched.died
    assert ends(watched) == [died], "it is told once"
    scripted.write(run, [STARTING])
    lock = run_lock.acquire(run)
    watched.update()
    assert watched.history.ended is None
    os.close(lock)


def test_what_is_heard_of_a_dead_engine_later_counts(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    watched = RunFollower(run)
    watched.update()
    os.close(lock)
    assert [end.error for end in ends(watched)] == [
        "the engine died; `cnn-tui resume 1` starts it again."
    ]
    engine_log.add_signal(run, 9)
    (run.checkpoints / "last.pt").touch()
    (killed,) = ends(watched)
    assert killed.error == watched.died
    assert killed.error == (
        "killed by signal 9 (SIGKILL); `cnn-tui resume 1` goes on from its last checkpoint."
    )
    say(run, scripted.steps(26))
    assert [(end.step, end.reason) for end in ends(watched)] == [(26, "failed")]
    say(run, STOPPED)
    assert [end.reason for end in ends(watched)] == ["stopped"]
    assert watched.died == ""


def test_an_engine_that_said_that_it_ended_did_not_die(tmp_path: Path) -> None:
    said = [*scripted.half_a_run(), events.RunEnded("stopped")]
    watched = RunFollower(scripted.run_dir(tmp_path / "runs", said))
    watched.update()
    assert (watched.liveness, watched.died) == ("gone", "")


def say(run: RunDir, *said: Event) -> None:
    """Append these events as of now."""
    journal = Journal(run.journal)
    for event in said:
        journal.append(event)
    journal.close()


def doing(watched: RunFollower) -> str:
    """What the run does or did, after an update."""
    watched.update()
    history = watched.history
    assert history.phase is not None
    return history.ended.reason if history.ended is not None else history.phase.name


def test_a_run_that_died_and_was_resumed_has_not_failed(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    watched = RunFollower(run)
    assert doing(watched) == "failed"
    lock = run_lock.acquire(run)
    assert doing(watched) == "starting"
    assert watched.update() == HistoryUpdate(frozenset(), more=False)
    seq = watched.history.last_seq
    say(run, STARTING, events.Resumed("b", seq, 3, step=25), events.Phase("training", step=25))
    assert (doing(watched), watched.died) == ("training", "")
    say(run, events.RunEnded("done", step=40))
    os.close(lock)
    assert [end.reason for end in ends(watched)] == ["done"]
    assert (watched.liveness, watched.died) == ("gone", "")


def test_an_engine_whose_lock_was_not_seen_for_a_moment_goes_on(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock, hidden = run_lock.acquire(run), tmp_path / "hidden"
    say(run, scripted.steps(26))
    watched = RunFollower(run)
    watched.update()
    run.lock.rename(hidden)
    assert doing(watched) == "failed"
    hidden.rename(run.lock)
    assert (doing(watched), watched.died) == ("training", "")
    assert ends(watched) == []
    os.close(lock)


def test_half_a_journal_read_anew_tells_of_no_death(
    long: RunFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    while long.update().more:
        pass
    assert long.died
    lock = run_lock.acquire(folder(long))
    say(folder(long), STARTING, events.Resumed("b", STEPS - 100, 3, step=100))
    monkeypatch.setattr(journal_folding, "SLICE_SECONDS", 0.0)
    slices = 0
    while long.update().more:
        assert long.history.ended is None
        slices += 1
    assert slices > 2
    assert (long.liveness, ends(long)) == ("live", [])
    os.close(lock)


def test_a_long_journal_that_is_read_again_is_that_of_a_run_that_starts(long: RunFollower) -> None:
    say(folder(long), events.Phase("training", step=STEPS))
    while long.update().more:
        pass
    assert long.died
    lock = run_lock.acquire(folder(long))
    assert doing(long) == "starting", "as the excerpt has it"
    while long.update().more:
        pass
    assert (doing(long), long.died) == ("starting", "")
    os.close(lock)


def test_a_run_that_no_engine_was_started_on_has_not_failed(tmp_path: Path) -> None:
    claim = launch.create(build_recipe(), tmp_path / "runs", "new")
    watched = RunFollower(claim.run)
    run_lock.release(claim)
    assert ends(watched) == []
    assert (watched.liveness, watched.died) == ("gone", "")


def test_an_engine_that_died_before_its_first_word_has_failed(tmp_path: Path) -> None:
    claim = launch.create(build_recipe(), tmp_path / "runs", "new")
    watched = RunFollower(claim.run)
    os.close(claim.lock)
    assert [end.reason for end in ends(watched)] == ["failed"]


@pytest.mark.parametrize("end", [STOPPED, events.RunEnded("failed", error="no data")])
def test_one_that_was_to_go_on_with_a_run_that_is_over_has_failed_too(
    tmp_path: Path, end: events.RunEnded
) -> None:
    run = scripted.run_dir(tmp_path / "runs", [STARTING, end])
    watched = RunFollower(run)
    assert doing(watched) == end.reason
    lock = run_lock.acquire(run)
    assert doing(watched) == "starting"
    os.close(lock)
    assert doing(watched) == "failed"
    assert watched.died


def test_a_run_that_is_let_go_for_another_engine_has_not_failed(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", [STARTING, STOPPED])
    watched = RunFollower(run)
    watched.update()
    lock = run_lock.acquire(run)
    watched.update()
    run_lock.release(Claim(run, lock))
    assert (doing(watched), watched.died) == ("starting", "")


def test_what_a_new_run_does_before_it_starts_is_not_overlooked(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", [events.Phase("downloading")])
    lock = run_lock.acquire(run)
    watched = RunFollower(run, time.time())
    watched.update()
    assert doing(watched) == "downloading"
    os.close(lock)


def test_an_end_that_was_said_stands_though_the_lock_comes_and_goes(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock, hidden = run_lock.acquire(run), tmp_path / "hidden"
    say(run, STOPPED)
    watched = RunFollower(run)
    watched.update()
    run.lock.rename(hidden)
    assert doing(watched) == "stopped"
    hidden.rename(run.lock)
    assert doing(watched) == "stopped"
    os.close(lock)
    assert (doing(watched), watched.died) == ("stopped", "")


def test_an_engine_is_still_starting_when_the_excerpt_gives_way(long: RunFollower) -> None:
    say(folder(long), STOPPED)
    lock = run_lock.acquire(folder(long))
    watched = RunFollower(folder(long), time.time() + 2 * JUST_SECONDS)
    watched.update()
    excerpt = watched.history
    while watched.update().more:
        pass
    assert watched.history is not excerpt
    assert doing(watched) == "starting"
    os.close(lock)
