"""What a list of runs says of the queue in one line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from engine.errors import RunError
from engine.queueing import queue_file


class QueueNews(NamedTuple):
    """How many runs wait, the label of the first race among them, and why the queue is paused."""

    waiting: int = 0
    race: str = ""
    paused: str = ""


def read(runs_dir: Path) -> QueueNews:
    """What the queue is doing; of one that cannot be read, `cnn-tui queue` says what is wrong."""
    try:
        queue = queue_file.read(runs_dir)
    except RunError:
        return QueueNews()
    race = next((task.race for task in queue.tasks if task.race), "")
    return QueueNews(sum(not task.trains for task in queue.tasks), race, queue.paused)
