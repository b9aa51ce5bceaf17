"""Why nothing starts in a queue: it is paused, or its runner has died."""

from __future__ import annotations

from pathlib import Path

from engine.queueing import queue_file, queue_text, runner_lock


def why_nothing_starts(runs_dir: Path) -> str:
    """The sentence for a queue in which runs wait, and none starts; "" where one will.

    Raises RunError if the queue cannot be read.
    """
    queue = queue_file.read(runs_dir)
    works = runner_lock.is_working(runs_dir)
    return sentence(queue.paused, waits=bool(queue.tasks), works=works)


def sentence(paused: str, *, waits: bool, works: bool) -> str:
    """As `why_nothing_starts`, of a queue whose runner `works`, and in which a run `waits`."""
    if paused:
        return queue_text.queue_paused(paused)
    return queue_text.NO_RUNNER if waits and not works else ""
