"""A journal that changes under its reader, as crashes and network file systems make it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.journal import Journal
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import excerpt, last_seq
from tests import scripted
from tui.viewer import journal_folding
from tui.viewer.run_follower import RunFollower


def line(event: Event, seq: int) -> bytes:
    return events.encode(replace(event, seq=seq, time=scripted.START + seq)) + b"\n"


def read_all(path: Path) -> list[int]:
    return [event.seq for batch in JournalReader(path).slices() for event in batch.events]


def test_an_event_whose_newline_was_cut_is_told_once(tmp_path: Path) -> None:
    """As another engine goes on, or as the same one writes it again."""
    path = tmp_path / "j"
    path.write_bytes(line(scripted.steps(1), 1) + line(scripted.steps(2), 2)[:-1])
    assert last_seq(path) == 2
    Journal(path).append(scripted.steps(3))
    assert read_all(path) == [1, 2, 3]
    path.write_bytes(b"".join(line(scripted.steps(n), n) for n in (1, 2, 2, 3)))
    assert read_all(path) == [1, 2, 3]
    assert [event.seq for event in excerpt(path)] == [1, 2, 3]


def test_numbers_may_start_lower_in_another_attempt(tmp_path: Path) -> None:
    path = tmp_path / "j"
    again = line(events.Resumed("b", 0, 1), 2) + line(scripted.steps(3), 3)
    path.write_bytes(line(scripted.started(), 1) + line(events.Phase("training"), 9) + again)
    assert read_all(path) == [1, 9, 2, 3]


def test_an_excerpt_leaves_out_what_a_resume_took_back(tmp_path: Path) -> None:
    path = tmp_path / "j"
    said: list[Event] = [
        scripted.started(),
        scripted.ended_epoch(1),
        events.Steered(0.5, 99, 0.1, "c"),
        events.Resumed("b", 2, 2, step=10),
    ]
    path.write_bytes(b"".join(line(event, n) for n, event in enumerate(said, start=1)))
    assert [event.seq for event in excerpt(path)] == [1, 2, 4]


def test_what_reads_as_zeros_at_first_is_read_when_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "j"
    lines = [line(scripted.steps(n), n) for n in (1, 2, 3)]
    lines.append(line(events.Alert("info", "x", "long" * 2000), 4))
    path.write_bytes(b"".join([lines[0], bytes(len(lines[1])), *lines[2:]]))
    reader = JournalReader(path)
    assert [e.seq for batch in reader.slices() for e in batch.events] == [1, 4]
    path.write_bytes(b"".join(lines))
    (batch,) = reader.slices()
    assert ([event.seq for event in batch.events], batch.from_start) == ([1, 2, 3, 4], True)


EVENTS: st.SearchStrategy[Event] = st.sampled_from(
    [
        events.Phase("starting"),
        events.Phase("training", step=7),
        scripted.started(),
        *(scripted.steps(step) for step in (1, 2, 3)),
        scripted.ended_epoch(1),
        events.Resumed("b", 2, 1, step=1),
        events.Resumed("c", 4, 1, step=2),
        events.Alert("info", "x", "said"),
        events.RunEnded("stopped", step=5),
    ]
)


class Journals:
    """A journal, and the ways in which it may change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seq = 0
        # What is still to come in place of zeros, and where.
        self._late: list[tuple[int, bytes]] = []

    def lines(self, said: Iterable[Event]) -> bytes:
        written = []
        for event in said:
            self.seq += 1
            written.append(line(event, self.seq))
        return b"".join(written)

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def shorten(self, share: float) -> None:
        os.truncate(self.path, int(self.path.stat().st_size * share))

    def replace(self, content: bytes) -> None:
        other = self.path.with_name("other")
        other.write_bytes(content)
        other.rename(self.path)

    def append_zeros(self, data: bytes, start: float, end: float) -> None:
        """Append these bytes, but for now with zeros in a part of them."""
        a, b = int(len(data) * start), int(len(data) * end)
        self._late.append((self.path.stat().st_size + a, data[a:b]))
        self.append(data[:a] + bytes(max(0, b - a)) + data[b:])

    def fill_in(self) -> None:
        with self.path.open("r+b") as file:
            for at, data in self._late:
                if at + len(data) <= self.path.stat().st_size:
                    file.seek(at)
                    file.write(data)
        self._late.clear()


def changes(draw: st.DataObject, journal: Journals) -> dict[str, Callable[[], None]]:
    share = st.floats(0, 1)

    def some() -> bytes:
        return journal.lines(draw.draw(st.lists(EVENTS, max_size=5)))

    return {
        "append": lambda: journal.append(some()),
        "twice": lambda: journal.append(some()[:-1] + b"\n" + line(scripted.steps(4), journal.seq)),
        "torn": lambda: journal.append(some()[: draw.draw(st.integers(0, 300))]),
        "shorten": lambda: journal.shorten(draw.draw(share)),
        "replace": lambda: journal.replace(some()),
        "zeros": lambda: journal.append_zeros(some(), draw.draw(share), draw.draw(share)),
        "fill in": journal.fill_in,
    }


def seen(follower: RunFollower) -> tuple[object, ...]:
    """All that a viewer shows, once everything is read."""
    while follower.update().more:
        pass
    h = follower.history
    return (
        *(h.last_seq, h.step, h.run, h.phase, h.ended, h.epochs, list(h.log), list(h.marks)),
        *(list(h.recent), h.loss.bins(), h.elapsed(h.last_time), h.best, follower.died),
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_follower_ends_with_what_a_clean_reader_has(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_folding, "SLICE_SECONDS", 0.0)
        patch.setattr(journal_folding, "LONG", data.draw(st.sampled_from([0, 1 << 20])))
        run = scripted.run_dir(Path(folder))
        journal = Journals(run.journal)
        follower = RunFollower(run)
        for _ in range(data.draw(st.integers(1, 8))):
            ways = changes(data, journal)
            ways[data.draw(st.sampled_from(sorted(ways)))]()
            for _ in range(data.draw(st.integers(0, 2))):
                follower.update()
        assert seen(follower) == seen(RunFollower(run))
