"""The journal of a queue, and the room on the disk of its runs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from engine.queueing import disk_room, queue_journal
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Died, Ended


@pytest.fixture
def queue_dir(tmp_path: Path) -> QueueDir:
    found = QueueDir(tmp_path)
    found.path.mkdir()
    return found


def test_an_entry_that_was_cut_short_spoils_none_after_it(queue_dir: QueueDir) -> None:
    first, last = (Ended(run=run, state="done", time=1.0) for run in ("1-a", "3-c"))
    queue_journal.append(queue_dir, first)
    with queue_dir.journal.open("ab") as journal:
        journal.write(b'{"type":"Ended","run":"2-')
    queue_journal.append(queue_dir, last)
    assert queue_journal.read(queue_dir) == [first, last]


def test_the_journal_has_an_end_and_keeps_the_newest(
    queue_dir: QueueDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_journal, "MOST_BYTES", 2000)
    entries = [Died(run=f"{number}-a", error="why", time=1.0) for number in range(200)]
    for entry in entries:
        queue_journal.append(queue_dir, entry)
        assert queue_dir.journal.stat().st_size < 2200
    kept = queue_journal.read(queue_dir)
    assert kept == entries[-len(kept) :]
    assert len(kept) >= 12


def test_a_disk_is_full_where_it_takes_no_block_or_its_user_may_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not disk_room.is_full(tmp_path)
    assert not disk_room.is_full(tmp_path / "gone")
    free = os.statvfs(tmp_path)
    assert disk_room.is_full(tmp_path, 2 * free.f_blocks * free.f_frsize)
    for number, full in ((errno.EDQUOT, True), (errno.EACCES, False)):

        def refuse(*_: object, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "posix_fallocate", refuse)
        assert disk_room.is_full(tmp_path) == full
    assert os.listdir(tmp_path) == []
