"""The writing end of the journal: every event is one whole line, whatever happened before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.protocol import events
from engine.run.journal import Journal
from engine.run.journal_tail import JournalTail
from tests.scripted import Clock


def test_an_event_comes_back_stamped(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", Clock(5.0))
    journal.append(events.Phase("training", step=3))
    assert JournalTail(tmp_path / "j").read() == [events.Phase("training", seq=1, time=5.0, step=3)]


def test_numbers_go_on_across_writers(tmp_path: Path) -> None:
    for _ in range(2):
        journal = Journal(tmp_path / "j")
        journal.append(events.Phase("starting"))
        journal.close()
    assert [e.seq for e in JournalTail(tmp_path / "j").read()] == [1, 2]


def test_a_torn_line_is_ended_and_skipped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.append(events.Phase("starting"))
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"type":"Phase","name":"tra')
    journal = Journal(path)
    journal.append(events.Phase("loading"))
    tail = JournalTail(path)
    assert [e.name for e in tail.read() if isinstance(e, events.Phase)] == ["starting", "loading"]


def test_a_tail_reads_on_behind_any_number_of_lines_that_it_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_bytes(b"torn\n" * 3000)
    assert JournalTail(file).read(size=8) == []
    file.write_bytes(b"torn\n" * 3000 + events.encode(events.Phase("loading")) + b"\n")
    assert JournalTail(file).read(size=8) == [events.Phase("loading")]


def test_a_short_write_is_said_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    journal.append(events.Phase("starting"))
    assert "No space" in journal.write_error
    monkeypatch.undo()
    journal.append(events.Phase("loading"))
    assert journal.write_error == ""
    assert [(e.seq, type(e)) for e in JournalTail(path).read()] == [
        (1, events.Phase),
        (2, events.Phase),
    ]
