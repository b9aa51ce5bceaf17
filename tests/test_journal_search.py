"""Searching a journal for a few of its events."""

from __future__ import annotations

from pathlib import Path

from engine.protocol import events
from engine.run.journal import Journal
from engine.run.journal_search import excerpt, newest_first
from tests import scripted


def test_an_excerpt_holds_the_first_and_the_last_events(tmp_path: Path) -> None:
    path = tmp_path / "j"
    scripted.write_many(path, 30_000)
    seen = [event.seq for event in excerpt(path)]
    assert seen[:2] == [1, 2]
    assert seen[-1] == 30_000
    assert len(seen) < 10_000
    assert seen == sorted(set(seen))


def test_the_excerpt_of_an_empty_or_missing_journal_is_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert excerpt(tmp_path / "empty") == []
    assert excerpt(tmp_path / "none") == []


def test_an_excerpt_holds_old_events_that_still_say_how_the_run_stands(tmp_path: Path) -> None:
    path = tmp_path / "j"
    scripted.write_many(path, 10_000)
    journal = Journal(path)
    for event in (events.Phase("training"), scripted.ended_epoch(1)):
        journal.append(event)
    standing = [journal.append(scripted.ended_epoch(2)), journal.append(events.Phase("paused"))]
    for _ in range(10_000):
        journal.append(events.Alert("info", "code", 'says "type":"Phase"'))
    kinds = events.Phase, events.EpochEnded
    assert [event for event in excerpt(path) if isinstance(event, kinds)] == standing


def test_the_latest_events_of_a_kind_are_those_that_no_resume_superseded(tmp_path: Path) -> None:
    path = tmp_path / "j"
    assert list(newest_first(path, events.Phase)) == []
    journal = Journal(path)
    first, second = (journal.append(scripted.ended_epoch(epoch)) for epoch in (1, 2))
    journal.append(events.Alert("info", "code", 'says "type":"EpochEnded"'))
    assert list(newest_first(path, events.EpochEnded)) == [second, first]
    journal.append(events.Resumed("b", first.seq, 1, step=1))
    third = journal.append(scripted.ended_epoch(3))
    assert list(newest_first(path, events.EpochEnded)) == [third, first]
