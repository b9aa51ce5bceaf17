"""Why nothing starts in a queue: it is paused, or its runner has died."""

from __future__ import annotations

from pathlib import Path

from engine.queueing import queue_file, queue_text, runner_lock


def why_nothing_starts(runs_dir: Path) -> str:
    """The sentence for a race that has not ended, whose runs do not start; "" where one will.

    Its tasks may be lost, as where its start was killed: the next runner queues them. Raises
    RunError if the queue cannot be read.
    """
    queue = queue_file.read(runs_dir)
    return sentence(queue.paused, waits=True, works=runner_lock.is_working(runs_dir))


def sentence(paused: str, *, waits: bool, works: bool) -> str:
    """The same for a queue whose runner `works`, and in which a run `waits`."""
    if paused:
        return queue_text.queue_paused(paused)
    return queue_text.NO_RUNNER if waits and not works else ""
