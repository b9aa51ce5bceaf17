"""A long journal is shown at once, from its ends, and then folded while keys are answered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine import events, rundir
from tests import scripted
from tui import following
from tui.following import Following, News

STEPS = 20_000


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Following:
    run = scripted.run_dir(tmp_path / "runs")
    scripted.write_many(run.journal, STEPS)
    monkeypatch.setattr(following, "LONG", 1 << 20)
    return Following(run)


def test_the_first_look_is_a_glimpse(long: Following) -> None:
    assert long.look() == News(None, more=True)
    assert long.history.run is not None
    assert long.history.step == STEPS - 1


def test_the_glimpse_is_shown_until_all_is_folded(
    long: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SLICE_SECONDS", 0.0)
    long.look()
    glimpse, looks = long.history, 0
    while (news := long.look()).more:
        assert news.kinds == frozenset()
        assert long.history is glimpse
        looks += 1
    assert looks > 2
    assert news.kinds is None
    bins = long.history.loss.bins()
    assert len(glimpse.loss.bins()) < len(bins)
    assert bins[0].step < 2 * long.history.loss.width


def test_a_short_journal_is_read_at_once_and_what_follows_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SLICE_SECONDS", 0.0)
    run = scripted.run_dir(tmp_path / "runs")
    scripted.write_many(run.journal, STEPS)
    short = Following(run)
    news = short.look()
    assert not news.more
    assert news.kinds is None or news.kinds
    assert short.history.step == STEPS - 1
    scripted.write_many(run.journal, 2 * STEPS)
    assert short.look().more


def ends(watched: Following) -> list[events.RunEnded]:
    """How the run has ended, as its log tells it, once it was looked at."""
    watched.look()
    return [event for event in watched.history.log if isinstance(event, events.RunEnded)]


def test_an_engine_that_died_has_failed_until_another_one_says_something(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    run.log.write_text("Killed\n")
    lock = rundir.take(run)
    watched = Following(run)
    assert ends(watched) == []
    os.close(lock)
    (died,) = ends(watched)
    assert (died.reason, died.step) == ("failed", 25)
    assert "Killed" in died.error == watched.died
    assert ends(watched) == [died], "it is told once"
    scripted.write(run, [events.Phase("starting")])
    lock = rundir.take(run)
    watched.look()
    assert watched.history.ended is None
    os.close(lock)


def test_an_engine_that_said_that_it_ended_did_not_die(tmp_path: Path) -> None:
    said = [*scripted.half_a_run(), events.RunEnded("stopped")]
    watched = Following(scripted.run_dir(tmp_path / "runs", said))
    watched.look()
    assert (watched.life, watched.died) == ("gone", "")
