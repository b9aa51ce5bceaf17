"""Following a journal: superseded events are left out."""

from __future__ import annotations

from pathlib import Path

from engine.protocol import events
from engine.run.journal import Journal
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import last_seq
from tests import scripted


def read_all(path: Path) -> list[events.Event]:
    return [event for batch in JournalReader(path).slices() for event in batch.events]


def test_a_line_longer_than_a_chunk_is_read(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.append(events.Alert("info", "x", "y" * 3_000_000))
    journal.append(events.Phase("loading"))
    assert [type(e) for e in read_all(path)] == [events.Alert, events.Phase]
    assert last_seq(path) == 2


def test_a_resume_supersedes_the_training_events_after_its_checkpoint(tmp_path: Path) -> None:
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


def seen(reader: JournalReader) -> list[tuple[list[int], bool]]:
    return [([event.seq for event in batch.events], batch.from_start) for batch in reader.slices()]


def test_a_resume_that_arrives_late_starts_the_reading_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.append(scripted.steps(1))
    journal.append(scripted.steps(2))
    reader = JournalReader(tmp_path / "j")
    assert seen(reader) == [([1, 2], False)]
    journal.append(events.Resumed("b", 1, 1, step=1))
    assert seen(reader) == [([1, 3], True)]
    journal.append(scripted.steps(2))
    assert seen(reader) == [([4], False)]
