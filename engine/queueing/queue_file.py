"""Reads and changes the queue of a runs folder, whoever else does so at the moment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
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
    with _held(runs_dir) as (queue, before):
        yield queue
        _keep(runs_dir, queue, before)


def change_with(runs_dir: Path, change: Callable[[Queue], None], act: Callable[[], object]) -> None:
    """Change the queue and do what belongs to the change: both, or neither.

    `act` is called when the disk has taken what the queue becomes. Raises as `changed`, and what
    the two raise.
    """
    with _held(runs_dir) as (queue, before):
        change(queue)
        _keep(runs_dir, queue, before, act)


@contextmanager
def _held(runs_dir: Path) -> Iterator[tuple[Queue, bytes]]:
    """The queue, and as it was, while others wait."""
    with locked(QueueDir(runs_dir).lock):
        queue = read(runs_dir)
        yield queue, msgspec.json.encode(queue)


def _keep(
    runs_dir: Path, queue: Queue, before: bytes, act: Callable[[], object] = lambda: None
) -> None:
    after = msgspec.json.encode(queue)
    if after == before:
        act()
    else:
        content = msgspec.json.format(after, indent=1) + b"\n"
        save(QueueDir(runs_dir).tasks, content, before_rename=act)
