"""The queue of a runs folder on the disk."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.errors import RunError
from engine.queueing import queue_file
from engine.queueing.queue_dir import QueueDir
from engine.queueing.task import Begun, Queue, Task


def test_what_is_changed_is_read_and_nothing_is_written_otherwise(tmp_path: Path) -> None:
    assert queue_file.read(tmp_path) == Queue()
    with queue_file.changed(tmp_path):
        pass
    assert not QueueDir(tmp_path).tasks.exists()
    task = Task("1-a", until=3, race="2-nets", begun=Begun(("0", "1"), seq=7, saved=4, starts=2))
    with queue_file.changed(tmp_path) as queue:
        queue.tasks.append(task)
        queue.paused = "the disk is full."
    assert queue_file.read(tmp_path) == Queue([task], "the disk is full.")


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with queue_file.changed(tmp_path) as queue:
            queue.tasks.append(Task("1-a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert queue_file.read(tmp_path) == Queue()


def test_changes_at_once_are_all_kept(tmp_path: Path) -> None:
    def add(name: str) -> None:
        with queue_file.changed(tmp_path) as queue:
            queue.tasks.append(Task(name))

    threads = [threading.Thread(target=add, args=(f"{n}-a",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {task.run for task in queue_file.read(tmp_path).tasks} == {f"{n}-a" for n in range(20)}


@pytest.mark.parametrize("content", [b'{"tasks": [', b'{"tasks": 3}', b"\xff\xfe", b""])
def test_a_damaged_file_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    file = QueueDir(tmp_path).tasks
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(RunError, match=r"queue.json is damaged .*: mend it, or rename it"):
        queue_file.read(tmp_path)
    with pytest.raises(RunError, match="is damaged"), queue_file.changed(tmp_path):
        pytest.fail("nobody may change it")
    assert file.read_bytes() == content
