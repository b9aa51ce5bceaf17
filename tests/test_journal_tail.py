"""The end of a journal: only whole lines are read, and only sound ones are decoded."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.protocol import events
from engine.run.journal_search import last_seq
from engine.run.journal_tail import JournalTail


def test_a_line_without_its_end_waits(tmp_path: Path) -> None:
    path = tmp_path / "j"
    line = events.encode(events.Phase("loading", seq=1)) + b"\n"
    path.write_bytes(line[:-4])
    tail = JournalTail(path)
    assert tail.read() == []
    path.write_bytes(line)
    assert len(tail.read()) == 1


def test_foreign_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    good = events.encode(events.Phase("loading", seq=7)) + b"\n"
    newer = b'{"type":"Weather","seq":1}\n'
    path.write_bytes(b"\xff\xfe\n" + newer + b"[" * 100_000 + b"\n" + good + b"nonsense\n")
    tail = JournalTail(path)
    assert [e.seq for e in tail.read()] == [7]
    assert last_seq(path) == 7


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(garbage: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(garbage + b"\n")
        file.flush()
        JournalTail(Path(file.name)).read()
        last_seq(Path(file.name))
