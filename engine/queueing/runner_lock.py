"""The lock of the runner: one process at a time works through a queue."""

from __future__ import annotations

import os
from pathlib import Path

from engine import text
from engine.errors import RunError
from engine.queueing import queue_text
from engine.queueing.queue_dir import QueueDir
from engine.run import process_lock


def is_working(runs_dir: Path) -> bool:
    """Whether a runner works through this queue."""
    return process_lock.is_held(QueueDir(runs_dir).runner_lock)


def acquire(runs_dir: Path) -> int:
    """Lock the queue for a runner; returns the descriptor that holds the lock.

    Raises RunError if a runner holds it, or if its file cannot be written.
    """
    queue_dir = QueueDir(runs_dir)
    try:
        os.makedirs(queue_dir.path, mode=0o700, exist_ok=True)
    except OSError as error:
        raise RunError(text.cannot_write(queue_dir.path, text.refused(error))) from error
    lock = process_lock.acquire(queue_dir.runner_lock)
    if lock is None:
        raise RunError(queue_text.other_runner(runs_dir))
    return lock
