"""Reads and changes the queue of a runs folder, whoever else does so at the moment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine import regular_files, text
from engine.errors import RunError
from engine.queueing import queue_text
from engine.queueing.queue_dir import QueueDir
from engine.queueing.task import Queue
from engine.run.durable_files import save
from engine.run.file_lock import locked


def read(runs_dir: Path) -> Queue:
    """The queue as it is now; an empty one if there is none.

    Raises RunError if its file cannot be read, or is damaged.
    """
    file = QueueDir(runs_dir).tasks
    try:
        return msgspec.json.decode(regular_files.read_bytes(file), type=Queue)
    except FileNotFoundError:
        return Queue()
    except OSError as error:
        raise RunError(queue_text.unreadable(file, text.reason(error))) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RunError(queue_text.damaged(file, str(error))) from error


def queued(runs_dir: Path) -> frozenset[str]:
    """The labels of the runs in the queue; none where it cannot be read."""
    with contextlib.suppress(RunError):
        return frozenset(task.run for task in read(runs_dir).tasks)
    return frozenset()


@contextmanager
def changed(runs_dir: Path) -> Iterator[Queue]:
    """The queue, to be changed within the block; what it is at the end is kept as a whole.

    Others wait meanwhile. If the block raises, the queue stays as it was. Raises RunError as `read`
    does, and if the queue cannot be written.
    """
    queue_dir = QueueDir(runs_dir)
    with locked(queue_dir.lock):
        queue = read(runs_dir)
        before = msgspec.json.encode(queue)
        yield queue
        after = msgspec.json.encode(queue)
        if after != before:
            save(queue_dir.tasks, msgspec.json.format(after, indent=1) + b"\n")
