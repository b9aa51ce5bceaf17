"""The journal: what is appended is read, whatever happened in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol import events
from engine.run.journal import Journal, Reader, Tail, glimpse, last_seq, latest
from tests import scripted
from tests.scripted import Clock


def read_all(path: Path) -> list[events.Event]:
    return [event for batch in Reader(path).batches() for event in batch.events]


def test_an_event_comes_back_stamped(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", Clock(5.0))
    journal.append(events.Phase("training", step=3))
    assert Tail(tmp_path / "j").read() == [events.Phase("training", seq=1, time=5.0, step=3)]


def test_numbers_go_on_across_writers(tmp_path: Path) -> None:
    for _ in range(2):
        journal = Journal(tmp_path / "j")
        journal.append(events.Phase("starting"))
        journal.close()
    assert [e.seq for e in Tail(tmp_path / "j").read()] == [1, 2]


def test_a_torn_line_is_ended_and_skipped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.append(events.Phase("starting"))
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"type":"Phase","name":"tra')
    journal = Journal(path)
    journal.append(events.Phase("loading"))
    tail = Tail(path)
    assert [e.name for e in tail.read() if isinstance(e, events.Phase)] == ["starting", "loading"]
    assert tail.skipped == 1


def test_a_short_write_is_said_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    journal.append(events.Phase("starting"))
    assert "No space" in journal.refused
    monkeypatch.undo()
    journal.append(events.Phase("loading"))
    assert journal.refused == ""
    assert [(e.seq, type(e)) for e in Tail(path).read()] == [(1, events.Phase), (2, events.Phase)]


def test_a_line_without_its_end_waits(tmp_path: Path) -> None:
    path = tmp_path / "j"
    line = events.encode(events.Phase("loading", seq=1)) + b"\n"
    path.write_bytes(line[:-4])
    tail = Tail(path)
    assert tail.read() == []
    path.write_bytes(line)
    assert len(tail.read()) == 1


def test_foreign_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "j"
    good = events.encode(events.Phase("loading", seq=7)) + b"\n"
    newer = b'{"type":"Weather","seq":1}\n'
    path.write_bytes(b"\xff\xfe\n" + newer + b"[" * 100_000 + b"\n" + good + b"nonsense\n")
    tail = Tail(path)
    assert [e.seq for e in tail.read()] == [7]
    assert tail.skipped == 4
    assert last_seq(path) == 7


def test_a_line_longer_than_a_chunk_is_read(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.append(events.Alert("info", "x", "y" * 3_000_000))
    journal.append(events.Phase("loading"))
    assert [type(e) for e in read_all(path)] == [events.Alert, events.Phase]
    assert last_seq(path) == 2


def test_a_resume_takes_back_what_came_after_its_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.append(scripted.steps(1))
    journal.append(scripted.steps(2))
    journal.append(events.Alert("info", "x", "stays"))
    journal.append(events.Checkpointed("last.pt", 1, 1, 0.0, "command", step=1))
    journal.append(events.Checkpointed("last.pt", 1, 1, 0.0, "command", step=2))
    journal.append(events.RunEnded("stopped"))
    journal.append(events.Resumed("b", 1, 1, step=1))
    journal.append(scripted.steps(2))
    assert [(type(e).__name__, e.seq) for e in read_all(path)] == [
        ("Steps", 1),
        ("Alert", 3),
        ("Checkpointed", 4),
        ("Resumed", 7),
        ("Steps", 8),
    ]


def seen(reader: Reader) -> list[tuple[list[int], bool]]:
    return [([event.seq for event in batch.events], batch.anew) for batch in reader.batches()]


def test_a_resume_seen_live_begins_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.append(scripted.steps(1))
    journal.append(scripted.steps(2))
    reader = Reader(tmp_path / "j")
    assert seen(reader) == [([1, 2], False)]
    journal.append(events.Resumed("b", 1, 1, step=1))
    assert seen(reader) == [([1, 3], True)]
    journal.append(scripted.steps(2))
    assert seen(reader) == [([4], False)]


def test_a_glimpse_is_the_first_and_the_last(tmp_path: Path) -> None:
    path = tmp_path / "j"
    scripted.write_many(path, 30_000)
    seen = [event.seq for event in glimpse(path)]
    assert seen[:2] == [1, 2]
    assert seen[-1] == 30_000
    assert len(seen) < 10_000
    assert seen == sorted(set(seen))
    assert glimpse_of_nothing(tmp_path) == []


def test_a_glimpse_knows_what_was_said_long_ago_and_still_stands(tmp_path: Path) -> None:
    path = tmp_path / "j"
    scripted.write_many(path, 10_000)
    journal = Journal(path)
    for event in (events.Phase("training"), scripted.ended_epoch(1)):
        journal.append(event)
    standing = [journal.append(scripted.ended_epoch(2)), journal.append(events.Phase("paused"))]
    for _ in range(10_000):
        journal.append(events.Alert("info", "code", 'says "type":"Phase"'))
    kinds = events.Phase, events.EpochEnded
    assert [event for event in glimpse(path) if isinstance(event, kinds)] == standing


def test_the_latest_of_a_kind_are_those_that_still_count(tmp_path: Path) -> None:
    path = tmp_path / "j"
    assert list(latest(path, events.Phase)) == []
    journal = Journal(path)
    first, second = (journal.append(scripted.ended_epoch(epoch)) for epoch in (1, 2))
    journal.append(events.Alert("info", "code", 'says "type":"EpochEnded"'))
    assert list(latest(path, events.EpochEnded)) == [second, first]
    journal.append(events.Resumed("b", first.seq, 1, step=1))
    third = journal.append(scripted.ended_epoch(3))
    assert list(latest(path, events.EpochEnded)) == [third, first]


def glimpse_of_nothing(folder: Path) -> list[events.Event]:
    (folder / "empty").touch()
    return glimpse(folder / "empty")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(garbage: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(garbage + b"\n")
        file.flush()
        Tail(Path(file.name)).read()
        last_seq(Path(file.name))
